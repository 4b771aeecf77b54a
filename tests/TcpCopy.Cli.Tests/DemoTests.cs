using System.Net;
using System.Net.Sockets;
using TcpCopy.Cli.Demo;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using Xunit;
using Endpoint = TcpCopy.Core.Wire.Endpoint;

namespace TcpCopy.Cli.Tests;

/// <summary>The demo's clients, and what becomes of their counts.</summary>
public sealed class DemoTests
{
    private const int NoSocket = 1_000_000;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_page_that_does_not_start_ends_the_demo_and_is_told()
    {
        var settings = new HttpSettings { Listen = new Endpoint(HostAddress.Parse("127.0.0.1"), 9640), TokenFile = "/nowhere/token" };
        using var online = Bind();
        var clients = new DemoClients((IPEndPoint)online.LocalEndPoint!, "online", requests: 0);

        var error = await Assert.ThrowsAsync<HostException>(
            () => DemoRun.LingerAsync(clients, new DemoPage(settings, NoSocket), TestContext.Current.CancellationToken).WaitAsync(Bound));
        Assert.StartsWith("/nowhere/token: ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Nobody listens there yet.</summary>
    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
