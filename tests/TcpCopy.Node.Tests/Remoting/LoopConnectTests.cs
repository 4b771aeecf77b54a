using System.Net;
using System.Net.Sockets;
using TcpCopy.Node.Loop;
using TcpCopy.Node.Remoting;
using Xunit;

namespace TcpCopy.Node.Tests.Remoting;

public sealed class LoopConnectTests
{
    [Fact]
    public async Task Where_no_socket_can_be_had_the_attempt_ends_and_says_why()
    {
        var (ended, errors) = (new TaskCompletionSource<(Socket? Socket, string Fault)>(), new List<Exception>());
        using var loop = new EventLoop("test", errors.Add, TimeProvider.System);
        loop.Execute(() => _ = new LoopConnect(loop, null, new UnknownFamily(), TimeSpan.FromSeconds(5), (socket, fault) => ended.SetResult((socket, fault))));

        var (socket, fault) = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Null(socket);
        Assert.NotEmpty(fault);
        Assert.Empty(errors);
    }

    /// <summary>As on a host without IPv6, or without a free descriptor.</summary>
    private sealed class UnknownFamily() : IPEndPoint(IPAddress.Loopback, 1)
    {
        public override AddressFamily AddressFamily => AddressFamily.AppleTalk;
    }
}
