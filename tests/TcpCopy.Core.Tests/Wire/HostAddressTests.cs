using FsCheck.Xunit;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Wire;

public sealed class HostAddressTests
{
    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("fe80::1", false)]
    [InlineData("2001:db8::ffff:1", false)]
    public void A_text_is_read_and_written_the_same(string text, bool isV4)
    {
        var address = HostAddress.Parse(text);

        Assert.Equal(text, address.ToString());
        Assert.Equal((isV4, isV4 ? 4 : 16), (address.IsV4, address.ByteLength));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1.2")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("localhost")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(HostAddress.TryParse(text, out _));
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => HostAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Property]
    public void Sixteen_bytes_come_back(ulong high, ulong low)
    {
        byte[] bytes = [.. BitConverter.GetBytes(high), .. BitConverter.GetBytes(low)];
        var written = new byte[16];
        HostAddress.FromBytes(bytes).WriteAs16(written);

        Assert.Equal(bytes, written);
    }

    [Property]
    public void Four_bytes_come_back_in_both_forms(byte a, byte b, byte c, byte d)
    {
        byte[] bytes = [a, b, c, d];
        var address = HostAddress.FromBytes(bytes);
        var four = new byte[address.ByteLength];
        address.WriteTo(four);
        var mapped = new byte[16];
        address.WriteAs16(mapped);

        Assert.Equal(bytes, four);
        Assert.Equal(address, HostAddress.FromBytes(mapped));
        Assert.Equal($"{a}.{b}.{c}.{d}", address.ToString());
    }

    [Fact]
    public void Other_lengths_are_refused() => Assert.Throws<ArgumentException>(() => HostAddress.FromBytes(new byte[5]));

    [Theory]
    [InlineData("127.0.0.1", true, false)]
    [InlineData("127.9.9.9", true, false)]
    [InlineData("128.0.0.1", false, false)]
    [InlineData("::1", true, false)]
    [InlineData("::2", false, false)]
    [InlineData("0.0.0.0", false, true)]
    [InlineData("::", false, true)]
    public void Loopback_and_any_are_told(string text, bool isLoopback, bool isAny)
    {
        var address = HostAddress.Parse(text);

        Assert.Equal((isLoopback, isAny), (address.IsLoopback, address.IsAny));
    }

    [Fact]
    public void Equality_and_order_follow_the_bytes()
    {
        var (low, high) = (HostAddress.Parse("10.0.0.1"), HostAddress.Parse("10.0.0.2"));

        Assert.True(low < high && low <= high && high > low && high >= low && low != high);
        Assert.True(low == HostAddress.FromV4(0x0A00_0001));
        Assert.Equal(low.GetHashCode(), HostAddress.FromV4(0x0A00_0001).GetHashCode());
        Assert.Equal("10.0.0.9:40000 > [::1]:80", new FlowKey(new(HostAddress.Parse("10.0.0.9"), 40000), new(HostAddress.Parse("::1"), 80)).ToString());
    }
}
