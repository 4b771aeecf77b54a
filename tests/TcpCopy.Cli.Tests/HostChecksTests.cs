using System.Net;
using System.Net.Sockets;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class HostChecksTests
{
    private static readonly HostAddress Loopback = HostAddress.Parse("127.0.0.1");

    [Fact]
    public void A_port_in_use_and_an_address_of_another_host_are_refused_by_name()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;

        var inUse = Assert.Throws<NodeStartException>(() => HostChecks.Place(new NodeSettings { Address = Loopback, Port = port }));
        var foreign = Assert.Throws<NodeStartException>(() => HostChecks.Place(new NodeSettings { Address = HostAddress.Parse("192.0.2.1") }));

        Assert.Contains($"127.0.0.1:{port} is in use", inUse.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.1 is not an address of this host", foreign.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_without_an_address_gets_the_one_that_its_seed_sees()
    {
        var node = new NodeSettings { Seeds = [new Endpoint(Loopback, 36524)] };

        Assert.Equal(Loopback, HostChecks.Place(node).Address);
    }
}
