using FsCheck.Xunit;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class TransferParserTests
{
    [Theory]
    [InlineData("80-10.0.0.148:8080", "80-10.0.0.148:8080")]
    [InlineData("10.0.0.13:80-10.0.0.148:8080", "10.0.0.13:80-10.0.0.148:8080")]
    [InlineData("0.0.0.0:80-10.0.0.148:8080", "80-10.0.0.148:8080")]
    [InlineData("80-[2001:db8::2]:8080", "80-[2001:db8::2]:8080")]
    [InlineData("[2001:db8::1]:80-[2001:db8::2]:8080", "[2001:db8::1]:80-[2001:db8::2]:8080")]
    [InlineData(" 80-10.0.0.1:1 , 81-10.0.0.1:2 ", "80-10.0.0.1:1|81-10.0.0.1:2")]
    public void Well_formed(string text, string expected) => Assert.Equal(expected, string.Join('|', TransferParser.Parse(text)));

    [Theory]
    [InlineData("", "a transfer is empty")]
    [InlineData("80-10.0.0.1:1,", "a transfer is empty")]
    [InlineData("80", "'80': the '-' between online and target is missing")]
    [InlineData("http-10.0.0.1:1", "'http' is not a port: give a number from 1 to 65535")]
    [InlineData("0-10.0.0.1:1", "'0' is not a port")]
    [InlineData("80-10.0.0.1:65536", "'65536' is not a port")]
    [InlineData("80-10.0.0.1:+1", "'+1' is not a port")]
    [InlineData("80-10.0.0.1", "'10.0.0.1' has no port")]
    [InlineData("80-10.0.1:1", "'10.0.1' is not an IPv4 address")]
    [InlineData("80-target:1", "'target' is not an IPv4 address")]
    [InlineData("80-2001:db8::2:1", "write an IPv6 address in brackets")]
    [InlineData("80-[10.0.0.1]:1", "brackets are for IPv6 alone")]
    [InlineData("80-0.0.0.0:1", "0.0.0.0 names no host to copy to")]
    [InlineData("10.0.0.1:80-[::1]:1", "are not of the same IP version")]
    [InlineData("80-10.0.0.1:1,81-10.0.0.300:2", "'81-10.0.0.300:2': '10.0.0.300' is not")]
    public void Malformed(string text, string reason)
    {
        var error = Assert.Throws<FormatException>(() => TransferParser.Parse(text));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("[onlineIP:]port-targetIP:port", error.Message, StringComparison.Ordinal);
    }

    [Property]
    public void What_a_transfer_writes_is_read_back(uint online, ushort onlinePort, uint target, ushort targetPort, bool any)
    {
        var transfer = new Transfer(
            any || online == 0 ? null : HostAddress.FromV4(online),
            Math.Max(onlinePort, (ushort)1),
            new Endpoint(HostAddress.FromV4(Math.Max(target, 1)), Math.Max(targetPort, (ushort)1)));

        Assert.Equal(transfer, Assert.Single(TransferParser.Parse(transfer.ToString())));
    }

    [Property]
    public void Any_text_is_read_or_refused_in_words(string text)
    {
        try
        {
            Assert.NotEmpty(TransferParser.Parse(text ?? ""));
        }
        catch (FormatException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
