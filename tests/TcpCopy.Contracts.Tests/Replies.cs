using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Contracts.Tests;

/// <summary>Reply headers for tests: made from a few numbers, compared field by field.</summary>
internal static class Replies
{
    public static ReplyHeader Header(uint seed, ushort window, int length, byte flags, int sackCount, bool option)
    {
        var hasTimestamps = option ^ (seed % 2 == 0);
        var header = new ReplyHeader
        {
            Sequence = new SeqNumber(seed),
            Acknowledgement = new SeqNumber(~seed),
            Flags = (TcpFlags)flags,
            Window = window,
            PayloadLength = length,
            Options = new TcpOptions
            {
                Mss = (ushort)(seed >> 7),
                HasWindowScale = option,
                WindowScale = option ? (byte)(seed % 15) : (byte)0,
                SackPermitted = !option,
                HasTimestamps = hasTimestamps,
                TimestampValue = hasTimestamps ? seed * 31 : 0,
                TimestampEcho = hasTimestamps ? seed * 37 : 0,
                SackCount = (byte)sackCount,
            },
        };
        for (var i = 0; i < sackCount; i++)
            header.Options.Sack[i] = new SackBlock(new SeqNumber(seed + (uint)i), new SeqNumber(seed * (uint)(i + 3)));
        return header;
    }

    public static void AssertSame(in ReplyHeader expected, in ReplyHeader actual)
    {
        Assert.Equal(
            (expected.Sequence, expected.Acknowledgement, expected.Flags, expected.Window, expected.PayloadLength),
            (actual.Sequence, actual.Acknowledgement, actual.Flags, actual.Window, actual.PayloadLength));
        var (left, right) = (expected.Options, actual.Options);
        Assert.Equal(
            (left.Mss, left.HasWindowScale, left.WindowScale, left.SackPermitted, left.HasTimestamps),
            (right.Mss, right.HasWindowScale, right.WindowScale, right.SackPermitted, right.HasTimestamps));
        Assert.Equal(
            (left.TimestampValue, left.TimestampEcho, left.SackCount),
            (right.TimestampValue, right.TimestampEcho, right.SackCount));
        for (var i = 0; i < TcpOptions.MaxSackBlocks; i++)
            Assert.Equal(left.Sack[i], right.Sack[i]);
    }
}
