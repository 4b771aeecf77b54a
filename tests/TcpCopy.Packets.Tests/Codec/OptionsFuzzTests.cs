using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;
using TcpCopy.Testing.Fuzzing;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>Option lists of which every part is nasty by itself: what is read of them is what RFC 9293 section 3.2 makes of them, at no allocation.</summary>
public sealed class OptionsFuzzTests(ITestOutputHelper output)
{
    private const int MaxLength = 40;

    /// <summary>Kinds that are read, their neighbours, and those of kernels' fame: MD5, TCP-AO, MPTCP, Fast Open, experiments.</summary>
    private static readonly byte[] Kinds = [0, 1, 2, 3, 4, 5, 6, 8, 9, 19, 29, 30, 34, 253, 254, 255];

    /// <summary>Right for some kind, one beside it, or past every end.</summary>
    private static readonly byte[] Lengths = [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 18, 26, 33, 34, 35, 40, 41, 127, 128, 255];

    [Fact]
    public void No_option_breaks_the_reader() => output.WriteLine(Fuzz.Run(300_000, Read));

    [Fact]
    public void What_is_written_is_read_again() => output.WriteLine(Fuzz.Run(100_000, WriteAndRead));

    private static void Read(Random random)
    {
        var bytes = Nasty(random);
        var isSyn = random.Next(2) == 0;

        var (options, isSound) = (default(TcpOptions), false);
        var allocated = Allocations.Of(() =>
        {
            options = default;
            isSound = OptionsReader.TryRead(bytes, isSyn, ref options);
        });
        Assert.Equal(0, allocated);

        var expected = PlainOptions.Read(bytes, isSyn);
        Assert.Equal(expected is not null, isSound);
        if (expected is not null)
            Assert.Equal(expected, PlainOptions.Of(options));
    }

    private static void WriteAndRead(Random random)
    {
        var isSyn = random.Next(2) == 0;
        var options = Any(random, isSyn);
        var bytes = new byte[MaxLength + 1];
        var length = OptionsWriter.LengthOf(options);
        OptionsWriter.Write(bytes.AsSpan(0, length), options);

        Assert.True(length <= MaxLength && length % 4 == 0, $"{length} bytes of options");
        TcpOptions read = default;
        Assert.True(OptionsReader.TryRead(bytes.AsSpan(0, length), isSyn, ref read));
        // Blocks that do not fit are left out, from the end.
        Assert.InRange(read.SackCount, Math.Min(options.SackCount, (byte)1), options.SackCount);
        options.SackCount = read.SackCount;
        Assert.Equal(PlainOptions.Of(options), PlainOptions.Of(read));
    }

    private static byte[] Nasty(Random random)
    {
        var bytes = new List<byte>();
        for (var count = random.Next(8); count > 0; count--)
        {
            var kind = Kinds[random.Next(Kinds.Length)];
            bytes.Add(kind);
            if (kind < 2 && random.Next(4) > 0)
                continue;
            var length = random.Next(2) == 0 ? Right(kind, random) : Lengths[random.Next(Lengths.Length)];
            bytes.Add(length);
            var value = new byte[random.Next(8) == 0 ? random.Next(MaxLength) : Math.Clamp(length - 2, 0, MaxLength)];
            random.NextBytes(value);
            bytes.AddRange(value);
        }
        // The header's length field counts in fours and ends wherever it does.
        return [.. bytes.Take(random.Next(4) == 0 ? random.Next(MaxLength + 1) : MaxLength)];
    }

    private static byte Right(byte kind, Random random) => kind switch
    {
        2 => 4,
        3 => 3,
        4 => 2,
        5 => (byte)(2 + (8 * random.Next(5))),
        8 => 10,
        _ => (byte)random.Next(2, 20),
    };

    private static TcpOptions Any(Random random, bool isSyn)
    {
        var options = new TcpOptions { HasTimestamps = random.Next(2) == 0 };
        if (options.HasTimestamps)
            (options.TimestampValue, options.TimestampEcho) = ((uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32));
        if (isSyn)
        {
            (options.Mss, options.SackPermitted, options.HasWindowScale) = ((ushort)random.Next(65_536), random.Next(2) == 0, random.Next(2) == 0);
            options.WindowScale = options.HasWindowScale ? (byte)random.Next(15) : (byte)0;
        }
        options.SackCount = isSyn ? (byte)0 : (byte)random.Next(TcpOptions.MaxSackBlocks + 1);
        for (var index = 0; index < options.SackCount; index++)
            options.Sack[index] = new SackBlock(new((uint)random.NextInt64(1L << 32)), new((uint)random.NextInt64(1L << 32)));
        return options;
    }
}
