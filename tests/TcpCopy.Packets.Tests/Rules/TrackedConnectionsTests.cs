using System.Net;
using System.Net.Sockets;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

public sealed class TrackedConnectionsTests : IDisposable
{
    private readonly NetworkNamespace _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void A_connection_counts_where_rules_have_the_kernel_track_it() => _host.Run(() =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using (new TcpClient("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port))
            Assert.Equal(0, TrackedConnections.Read()?.Count ?? 0);

        SystemCommand.RunWithInput("table inet track { chain input { type filter hook input priority 0; ct state new accept; }; }", "nft", "-f", "-");
        using (new TcpClient("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port))
            Assert.Equal(1, Read().Count);
        Assert.True(Read().Most > 1);
    });

    private static TrackedConnections Read() => TrackedConnections.Read() ?? throw new InvalidOperationException("this kernel has no connection tracking");
}
