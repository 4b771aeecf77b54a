using Microsoft.AspNetCore.Server.Kestrel.Core;
using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Http;

/// <summary>What the HTTP endpoints of nodes and of the page have in common: a web server within bounds, before it knows any answer.</summary>
internal static class BareServer
{
    /// <param name="mostConnections">At once.</param>
    /// <param name="mostHeaderBytes">Of a request.</param>
    /// <param name="listen">Says where, and to whom.</param>
    public static WebApplicationBuilder NewBuilder(int mostConnections, int mostHeaderBytes, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = mostConnections;
            kestrel.Limits.MaxRequestHeadersTotalSize = mostHeaderBytes;
            listen(kestrel);
        });
        builder.Services.AddSingleton<IHostLifetime, WithoutSignals>();
        return builder;
    }

    /// <param name="options">Of a place where it listens.</param>
    /// <param name="certificates">Null: plain HTTP.</param>
    public static void Use(ListenOptions options, HttpCertificates? certificates)
    {
        // A circuit's WebSocket is opened by an HTTP/1.1 request, and nobody else needs more.
        options.Protocols = HttpProtocols.Http1;
        certificates?.Use(options);
    }

    /// <summary>Whoever still asks is cut off, be it a browser that keeps its connection for as long as it may: who only looks is not waited for.</summary>
    public static async ValueTask EndAsync(WebApplication application)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await application.StopAsync(limit.Token).ConfigureAwait(false);
        await application.DisposeAsync().ConfigureAwait(false);
    }
}
