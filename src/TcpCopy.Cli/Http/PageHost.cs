using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Logging;
using TcpCopy.Contracts.Settings;
using TcpCopy.Web;
using TcpCopy.Web.Feed;

namespace TcpCopy.Cli.Http;

/// <summary>The web page's own HTTP endpoint.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    // Nothing comes from elsewhere, and nothing of this goes into other pages. Styles within elements are the component library's.
    private const string Policy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

    private const int MostConnections = 256;
    private const int MostHeaderBytes = 16 * 1024;

    private readonly WebApplication _application;

    private PageHost(WebApplication application, string address) => (_application, Address) = (application, address);

    /// <summary>As a browser wants it.</summary>
    public string Address { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="settings">With an address.</param>
    /// <param name="cluster">What is shown.</param>
    /// <param name="socket">Descriptor of a socket that is bound to that address; null: one is made.</param>
    /// <exception cref="HostException">A file that the settings name cannot be used, or the address is taken or none of this host.</exception>
    public static async Task<PageHost> StartAsync(HttpSettings settings, ClusterWatch cluster, ulong? socket = null)
    {
        var listen = settings.Listen ?? throw new HostException("a page needs an address to listen on");
        var certificates = HttpCertificates.Load(settings);
        var application = Build(cluster, Access.OfPage(settings), kestrel =>
        {
            if (socket is { } handle)
                kestrel.ListenHandle(handle, Use);
            else
                kestrel.Listen(IPAddress.Parse(listen.Address.ToString()), listen.Port, Use);
        });
        var host = new PageHost(application, $"{(certificates is null ? "http" : "https")}://{listen}");
        try
        {
            await application.StartAsync().ConfigureAwait(false);
            return host;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw new HostException($"cannot listen on {listen} for the page: {error.GetBaseException().Message}; give another address");
        }

        void Use(ListenOptions options) => BareServer.Use(options, certificates);
    }

    public ValueTask DisposeAsync() => BareServer.EndAsync(_application);

    private static WebApplication Build(ClusterWatch cluster, Access access, Action<KestrelServerOptions> listen)
    {
        var builder = BareServer.NewBuilder(MostConnections, MostHeaderBytes, listen);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.AddProvider(new ServerLog());
        builder.Services.AddTcpCopyPages(cluster);
        var application = builder.Build();
        application.Use(access.Check);
        application.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        });
        application.MapTcpCopyPages();
        return application;
    }
}
