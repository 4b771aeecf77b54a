using FsCheck.Xunit;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Wire;

public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("10.0.0.9", "10.0.0.9", 1, "10.0.0.9", "10.0.0.9")]
    [InlineData("10.0.0.9/32", "10.0.0.9", 1, "10.0.0.9", "10.0.0.9")]
    [InlineData("10.1.0.0/31", "10.1.0.0/31", 2, "10.1.0.0", "10.1.0.1")]
    [InlineData("198.18.0.0/24", "198.18.0.0/24", 254, "198.18.0.1", "198.18.0.254")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", 4_294_967_294, "0.0.0.1", "255.255.255.254")]
    [InlineData("fd00::/126", "fd00::/126", 3, "fd00::1", "fd00::3")]
    [InlineData("fd00::/64", "fd00::/64", 4_294_967_295, "fd00::1", "fd00::ffff:ffff")]
    [InlineData("fd00::7", "fd00::7", 1, "fd00::7", "fd00::7")]
    public void What_is_written_is_read(string text, string shown, long hosts, string first, string last)
    {
        Assert.Null(AddressRange.Parse(text, out var range));

        Assert.Equal((shown, (ulong)hosts), (range.ToString(), range.HostCount));
        Assert.Equal((first, last), (range.HostAt(0).ToString(), range.HostAt(range.HostCount - 1).ToString()));
        Assert.Throws<ArgumentOutOfRangeException>(() => range.HostAt(range.HostCount));
        Assert.True(range.Contains(range.HostAt(0)) && range.Contains(range.HostAt(range.HostCount - 1)));
    }

    [Theory]
    [InlineData("10.1", "'10.1' is neither an address nor a range of them")]
    [InlineData("host", "write 10.0.0.9, 10.1.0.0/16 or fd00::/64")]
    [InlineData("", "'' is neither")]
    [InlineData("10.0.0.0/33", "0 to 32")]
    [InlineData("10.0.0.0/-1", "0 to 32")]
    [InlineData("10.0.0.0/", "0 to 32")]
    [InlineData("fd00::/129", "0 to 128")]
    [InlineData("10.0.0.9/24", "begins within its range: write 10.0.0.0/24")]
    public void What_is_none_is_refused_with_the_remedy(string text, string expected) =>
        Assert.Contains(expected, AddressRange.Parse(text, out _), StringComparison.Ordinal);

    [Property]
    public void An_address_is_in_the_range_of_its_first_bits_and_in_none_beside_it(uint number, byte length)
    {
        var bits = length % 32 + 1;
        var mask = uint.MaxValue << (32 - bits);
        Assert.True(AddressRange.TryMake(HostAddress.FromV4(number & mask), bits, out var range));

        Assert.True(range.Contains(HostAddress.FromV4(number)));
        Assert.False(range.Contains(HostAddress.FromV4(number ^ (1u << (32 - bits)))));
        Assert.False(range.Contains(HostAddress.Parse("fd00::1")));
    }

    [Fact]
    public void A_range_of_IPv6_holds_no_address_of_IPv4()
    {
        Assert.Null(AddressRange.Parse("::/0", out var all));

        Assert.True(all.Contains(HostAddress.Parse("2001:db8::1")));
        Assert.False(all.Contains(HostAddress.Parse("10.0.0.1")));
    }
}
