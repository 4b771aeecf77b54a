using System.Globalization;
using System.Net;
using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Demo;

/// <summary>An HTTP server that says its name and remembers the numbers of the requests that it was asked.</summary>
internal sealed class DemoServer : IAsyncDisposable
{
    /// <summary>Carries a request's number.</summary>
    public const string NumberHeader = "X-Demo-Request";

    private readonly WebApplication _application;
    private readonly NumberSet _numbers = new();

    private DemoServer(WebApplication application) => _application = application;

    /// <summary>How many different requests arrived.</summary>
    public int Requests => _numbers.Count;

    public static async Task<DemoServer> StartAsync(IPEndPoint endpoint, string name)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(endpoint));
        builder.Services.AddSingleton<IHostLifetime, WithoutSignals>();
        var server = new DemoServer(builder.Build());
        server._application.Run(context =>
        {
            var number = int.Parse(context.Request.Headers[NumberHeader].ToString(), CultureInfo.InvariantCulture);
            server._numbers.Add(number);
            return context.Response.WriteAsync($"{name} answers request {number}\n");
        });
        await server._application.StartAsync().ConfigureAwait(false);
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
