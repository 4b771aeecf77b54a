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

    [Theory]
    [InlineData(10, 10, 0, 0, true)]
    [InlineData(10, 9, 0, 0, false)]
    [InlineData(9, 10, 0, 1, false)]
    [InlineData(9, 10, 1, 0, false)]
    [InlineData(10, 10, 0, 1, false)]
    public void All_is_well_only_where_nothing_is_amiss_anywhere(int online, int target, int strays, int failed, bool expected) =>
        Assert.Equal(expected, DemoRun.IsWhole(online, target, new ClientCounts(10, strays, failed)));

    [Fact]
    public async Task A_request_that_is_never_answered_has_failed()
    {
        using var online = Bind();
        online.Listen();
        var clients = new DemoClients((IPEndPoint)online.LocalEndPoint!, "online", requests: 1) { Patience = TimeSpan.FromMilliseconds(20) };

        Assert.Equal(new ClientCounts(0, 0, 1), await clients.RunAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_request_that_is_given_up_has_not_failed()
    {
        using var online = Bind();
        online.Listen();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var clients = new DemoClients((IPEndPoint)online.LocalEndPoint!, "online", requests: 1);
        var run = clients.RunAsync(stop.Token);
        using var connection = await online.AcceptAsync(stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(0, clients.Counts.Failed);
    }

    /// <summary>Nobody listens there yet.</summary>
    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
