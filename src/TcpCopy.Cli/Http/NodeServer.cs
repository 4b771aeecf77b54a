using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace TcpCopy.Cli.Http;

/// <summary>The web server of a node, with all that it answers.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private const int MostConnections = 64;
    private const int MostHeaderBytes = 8 * 1024;

    private readonly WebApplication _application;
    private readonly MetricEndpoint _metrics;

    private NodeServer(WebApplication application, NodeFace face)
    {
        _application = application;
        _metrics = new MetricEndpoint(application, face);
        HealthEndpoints.Map(application, face);
        ApiEndpoints.Map(application, face);
    }

    /// <param name="socket">Where it listens; is closed with the server.</param>
    /// <param name="first">Who came first.</param>
    /// <param name="certificates">Null: plain HTTP.</param>
    public static async Task<NodeServer> StartAsync(Socket socket, Socket first, HttpCertificates? certificates, Access access, NodeFace face)
    {
        var server = new NodeServer(Build(new HeldListener(socket, first), certificates, access), face);
        try
        {
            await server._application.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await BareServer.EndAsync(_application).ConfigureAwait(false);
        _metrics.Dispose();
    }

    private static WebApplication Build(HeldListener listener, HttpCertificates? certificates, Access access)
    {
        var place = (IPEndPoint)listener.EndPoint;
        var builder = BareServer.NewBuilder(MostConnections, MostHeaderBytes, kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(place, options => BareServer.Use(options, certificates));
        });
        if (certificates is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IConnectionListenerFactory>(listener);
        var application = builder.Build();
        application.Use(access.Check);
        return application;
    }
}
