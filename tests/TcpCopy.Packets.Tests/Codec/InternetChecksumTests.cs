using FsCheck.Xunit;
using TcpCopy.Packets.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

public sealed class InternetChecksumTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1_461)]
    [InlineData(65_535)]
    public void All_ones_agree_with_the_plain_sum(int length)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, byte.MaxValue);

        Assert.Equal(Plain(bytes), Fast(bytes));
    }

    [Property(MaxTest = 2_000)]
    public void Any_bytes_agree_with_the_plain_sum(byte[] bytes, byte times)
    {
        // Repeated, so that the vectors get something to do.
        var longer = Enumerable.Repeat(bytes, times).SelectMany(part => part).ToArray();

        Assert.Equal(Plain(longer), Fast(longer));
    }

    [Property(MaxTest = 500)]
    public void Parts_of_even_length_add_up(byte[] first, byte[] second)
    {
        var even = first.Length % 2 == 0 ? first : [.. first, 0];

        var parts = InternetChecksum.Finish(InternetChecksum.Sum(even) + InternetChecksum.Sum(second));

        Assert.Equal(InternetChecksum.Finish(InternetChecksum.Sum([.. even, .. second])), parts);
    }

    [Fact]
    public void The_example_of_RFC_1071_comes_out()
    {
        // Section 3: words 0001 f203 f4f5 f6f7 sum up to ddf2.
        Assert.Equal(0xDDF2, (ushort)~Fast([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]));
    }

    private static ushort Fast(byte[] bytes)
    {
        var field = BitConverter.GetBytes(InternetChecksum.Finish(InternetChecksum.Sum(bytes)));
        return (ushort)(field[0] << 8 | field[1]);
    }

    private static ushort Plain(byte[] bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i++)
            sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
