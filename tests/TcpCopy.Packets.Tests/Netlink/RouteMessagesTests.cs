using TcpCopy.Core.Wire;
using TcpCopy.Packets.Netlink;
using Xunit;

namespace TcpCopy.Packets.Tests.Netlink;

public sealed class RouteMessagesTests
{
    private const string Route = "1800000000000000" + "00000000" + "02200000fe000001" + "00000000";
    private const string Neighbour = "1c00000000000000" + "00000000" + "02000000" + "07000000" + "04000001";
    private static readonly HostAddress s_target = HostAddress.Parse("10.0.0.9");

    [Theory]
    [InlineData("08000400" + "07000000", "10.0.0.9")] // a device alone: the target is the neighbour
    [InlineData("08000400" + "07000000" + "08000500" + "0a000001", "10.0.0.1")] // a gateway
    public void A_way_out_is_read(string attributes, string neighbour) =>
        Assert.Equal(new LinkRoute(7, HostAddress.Parse(neighbour)), RouteMessages.ReadRoute(Message(Route + attributes), s_target));

    [Theory]
    [InlineData("02200000fe000002" + "00000000" + "08000400" + "01000000")] // a route of kind local
    [InlineData("02200000fe000001" + "00000000" + "08000500" + "0a000001")] // no device
    [InlineData("02200000fe000001" + "00000000" + "08000400" + "07000000" + "06001200" + "0a000000")] // a next hop of the other family
    [InlineData("02200000fe000001" + "00000000" + "08000400" + "07000000" + "06001600" + "01000000")] // wrapped into another packet
    public void Any_other_way_is_none(string rest) =>
        Assert.Null(RouteMessages.ReadRoute(Message("1800000000000000" + "00000000" + rest), s_target));

    [Theory]
    [InlineData("0200", true)] // REACHABLE
    [InlineData("0800", true)] // DELAY
    [InlineData("1000", true)] // PROBE
    [InlineData("8000", true)] // PERMANENT
    [InlineData("0100", false)] // INCOMPLETE
    [InlineData("0400", false)] // STALE
    [InlineData("2000", false)] // FAILED
    [InlineData("4000", false)] // NOARP
    public void A_hardware_address_counts_where_the_kernel_itself_would_use_it(string state, bool isUsable)
    {
        var message = Message("1c00000000000000" + "00000000" + "02000000" + "07000000" + state + "0001" + "0a000200" + "02aabbccddee" + "0000");

        var place = RouteMessages.ReadHardwareAddress(message);

        Assert.Equal(isUsable, place is not null);
        if (place is { } range)
            Assert.Equal(Convert.FromHexString("02aabbccddee"), message[range]);
    }

    [Fact]
    public void Whatever_the_bytes_reading_ends_within_them()
    {
        var random = new Random(1);
        string[] originals = [Route + "08000400" + "07000000" + "08000500" + "0a000001", Neighbour + "0a000200" + "02aabbccddee" + "0000"];
        for (var round = 0; round < 20_000; round++)
        {
            var message = Message(originals[round % 2]);
            for (var change = 0; change < 3; change++)
                message[random.Next(4, message.Length)] = (byte)random.Next(256);
            var cut = message.AsSpan(0, random.Next(message.Length + 1));
            _ = RouteMessages.ReadRoute(cut, s_target);
            if (RouteMessages.ReadHardwareAddress(cut) is { } place)
                Assert.InRange(cut[place].Length, 0, cut.Length);
        }
    }

    /// <summary>With its length before it.</summary>
    private static byte[] Message(string rest)
    {
        byte[] message = [0, 0, 0, 0, .. Convert.FromHexString(rest)];
        message[0] = (byte)message.Length;
        return message;
    }
}
