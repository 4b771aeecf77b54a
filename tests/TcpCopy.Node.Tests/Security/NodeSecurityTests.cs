using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Security;
using Xunit;

namespace TcpCopy.Node.Tests.Security;

public sealed class NodeSecurityTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("10.255.255.255", true)]
    [InlineData("172.15.255.255", false)]
    [InlineData("172.16.0.0", true)]
    [InlineData("172.32.0.0", false)]
    [InlineData("192.168.1.1", true)]
    [InlineData("169.254.1.1", true)]
    [InlineData("198.19.255.255", true)]
    [InlineData("198.20.0.0", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("8.8.8.8", false)]
    [InlineData("fd00::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fe00::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::", false)]
    public void Without_TLS_a_node_listens_on_private_addresses_alone(string text, bool isPrivate)
    {
        var address = HostAddress.Parse(text);
        if (isPrivate)
            Assert.Null(NodeSecurity.Demand(new NodeSettings(), "copier", address));
        else
            Assert.Contains(
                $"{address} is a public address",
                Assert.Throws<NodeStartException>(() => NodeSecurity.Demand(new NodeSettings(), "copier", address)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Who_takes_the_risk_may() =>
        Assert.Null(NodeSecurity.Demand(new NodeSettings { IsInsecureAllowed = true }, "copier", HostAddress.Parse("8.8.8.8")));
}
