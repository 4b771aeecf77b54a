using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Privileges;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class NodeRightsTests
{
    [Fact]
    public void Only_who_changes_rules_keeps_the_right_to()
    {
        Assert.Equal(Capabilities.RawNetwork, NodeRights.Least(changesRules: false));
        Assert.Equal(Capabilities.RawNetwork | Capabilities.NetworkAdministration, NodeRights.Least(changesRules: true));
    }

    [Theory]
    [InlineData(0, 9636, Capabilities.None)]
    [InlineData(1024, 1024, Capabilities.None)]
    [InlineData(1023, 9636, Capabilities.BindServicePort)]
    [InlineData(36524, 80, Capabilities.BindServicePort)]
    public void A_service_port_of_the_cluster_or_of_HTTP_takes_a_right_of_its_own(int port, ushort http, Capabilities expected)
    {
        var node = new NodeSettings { Port = port, Http = new HttpSettings { Listen = new Endpoint(HostAddress.Parse("127.0.0.1"), http) } };

        Assert.Equal(expected, NodeRights.ForPortsOf(node));
    }

    [Fact]
    public void Where_HTTP_is_off_there_is_no_port_to_open() =>
        Assert.Equal(Capabilities.None, NodeRights.ForPortsOf(new NodeSettings { Http = new HttpSettings { Listen = null } }));
}
