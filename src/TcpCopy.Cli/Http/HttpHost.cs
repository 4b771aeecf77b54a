using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;
using Endpoint = TcpCopy.Core.Wire.Endpoint;

namespace TcpCopy.Cli.Http;

/// <summary>A node's HTTP endpoint. It does nothing unless it is asked.</summary>
internal sealed class HttpHost : IAsyncDisposable
{
    private const int MostConnections = 64;
    private const int MostHeaderBytes = 8 * 1024;

    private readonly WebApplication _application;
    private readonly MetricEndpoint _metrics;

    private HttpHost(WebApplication application, NodeFace face)
    {
        _application = application;
        _metrics = new MetricEndpoint(application, face);
        HealthEndpoints.Map(application, face);
        ApiEndpoints.Map(application, face);
    }

    /// <summary>Starts to listen.</summary>
    /// <returns>Null: it is switched off, or its address is taken, which is said; the node does without.</returns>
    /// <exception cref="HostException">A file that the settings name cannot be used, or the address is none of this host.</exception>
    public static async Task<HttpHost?> StartAsync(HttpSettings settings, NodeFace face)
    {
        if (settings.Listen is not { } listen)
            return null;
        var host = new HttpHost(Build(listen, HttpCertificates.Load(settings), Access.Of(settings)), face);
        try
        {
            await host._application.StartAsync().ConfigureAwait(false);
            return host;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await host.DisposeAsync().ConfigureAwait(false);
            if (!IsTaken(error))
            {
                throw new HostException($"cannot listen on {listen} for HTTP: {error.GetBaseException().Message}; {RemedyFor(error)}");
            }
            NodeRun.Complain(
                $"warning: {listen} is in use by another process: this node shows no metrics and no API; give it another address with --http");
            return null;
        }
    }

    /// <summary>Listens as long as some work lasts.</summary>
    /// <exception cref="HostException">As for <see cref="StartAsync"/>; the work was not begun.</exception>
    public static async Task<T> ServeAsync<T>(HttpSettings settings, NodeFace face, Func<Task<T>> work)
    {
        var host = await StartAsync(settings, face).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            if (host is not null)
                await host.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await BareServer.EndAsync(_application).ConfigureAwait(false);
        _metrics.Dispose();
    }

    private static WebApplication Build(Endpoint listen, HttpCertificates? certificates, Access access)
    {
        var builder = BareServer.NewBuilder(MostConnections, MostHeaderBytes, kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(IPAddress.Parse(listen.Address.ToString()), listen.Port, options => BareServer.Use(options, certificates));
        });
        if (certificates is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        var application = builder.Build();
        application.Use(access.Check);
        return application;
    }

    private static string RemedyFor(Exception error) => error.GetBaseException() is SocketException { SocketErrorCode: SocketError.AccessDenied }
        ? "give a port above 1023 with --http, or the node the capability NET_BIND_SERVICE"
        : "give an address of this host with --http, or --http off";

    private static bool IsTaken(Exception error) =>
        error is AddressInUseException || error.InnerException is AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };
}
