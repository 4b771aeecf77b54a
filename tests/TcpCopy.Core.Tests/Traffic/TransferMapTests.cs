using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class TransferMapTests
{
    private static readonly HostAddress[] Own = [HostAddress.Parse("10.0.0.13"), HostAddress.Parse("2001:db8::13")];

    [Fact]
    public void An_exact_address_wins_over_any_address()
    {
        var map = Map("80-10.0.0.1:1,10.0.0.13:80-10.0.0.1:2,10.0.0.13:81-10.0.0.1:3");

        Assert.Equal(2, TargetPort(map, "10.0.0.13", 80));
        Assert.Equal(1, TargetPort(map, "10.0.0.14", 80));
        Assert.Equal(1, TargetPort(map, "2001:db8::13", 80));
        Assert.Equal(3, TargetPort(map, "10.0.0.13", 81));
        Assert.Null(TargetPort(map, "10.0.0.14", 81));
        Assert.Null(TargetPort(map, "10.0.0.13", 82));
        Assert.Equal(3, map.Transfers.Count);
    }

    [Theory]
    [InlineData("80-10.0.0.1:1,80-10.0.0.1:2", "port 80 is already copied")]
    [InlineData("10.0.0.13:80-10.0.0.1:1,10.0.0.13:80-10.0.0.1:1", "10.0.0.13:80 is already copied")]
    [InlineData("10.0.0.13:80-10.0.0.13:80", "10.0.0.13:80 is an online endpoint")]
    [InlineData("10.0.0.13:80-10.0.0.1:1,10.0.0.1:1-10.0.0.2:1", "10.0.0.1:1 is an online endpoint of 10.0.0.1:1-10.0.0.2:1")]
    [InlineData("80-10.0.0.13:80", "10.0.0.13 is this host's own and port 80 is online")]
    [InlineData("80-[2001:db8::13]:80", "2001:db8::13 is this host's own")]
    [InlineData("80-127.0.0.1:80", "127.0.0.1 is this host's own")]
    [InlineData("80-10.0.0.1:81,81-10.0.0.13:80", "port 80 is online in 80-10.0.0.1:81")]
    public void Transfers_that_cannot_be_served_together_are_refused_with_the_reason(string text, string reason)
    {
        var error = Assert.Throws<TransferConflictException>(() => Map(text));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(error.Transfer.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("80-10.0.0.13:81")]
    [InlineData("80-10.0.0.148:80")]
    [InlineData("10.0.0.13:80-10.0.0.148:80")]
    [InlineData("10.0.0.13:80-127.0.0.1:80")]
    public void A_target_that_is_not_captured_is_taken(string text) => Assert.Single(Map(text).Transfers);

    private static TransferMap Map(string text) => new(TransferParser.Parse(text), Own);

    private static int? TargetPort(TransferMap map, string address, ushort port) =>
        map.TryFind(new Endpoint(HostAddress.Parse(address), port), out var transfer) ? transfer.Target.Port : null;
}
