using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Codec;

/// <summary>Writes the options of a TCP header, each padded with NOPs to four bytes (the layouts of RFC 7323 appendix A).</summary>
internal static class OptionsWriter
{
    private const int MaxLength = 40;
    private const int MssLength = 4;
    private const int WindowScaleLength = 4;
    private const int SackPermittedLength = 4;
    private const int TimestampsLength = 12;
    private const int SackHeadLength = 4;
    private const int SackBlockLength = 8;

    /// <summary>Bytes that <see cref="Write"/> fills: a multiple of four, at most 40.</summary>
    public static int LengthOf(in TcpOptions options)
    {
        var blocks = BlocksThatFit(options);
        return FixedLength(options) + (blocks == 0 ? 0 : SackHeadLength + blocks * SackBlockLength);
    }

    public static void Write(Span<byte> destination, in TcpOptions options)
    {
        if (options.Mss != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, 0x0204_0000u | options.Mss);
            destination = destination[MssLength..];
        }
        if (options.SackPermitted)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, 0x0101_0402);
            destination = destination[SackPermittedLength..];
        }
        if (options.HasTimestamps)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, 0x0101_080A);
            BinaryPrimitives.WriteUInt32BigEndian(destination[4..], options.TimestampValue);
            BinaryPrimitives.WriteUInt32BigEndian(destination[8..], options.TimestampEcho);
            destination = destination[TimestampsLength..];
        }
        if (options.HasWindowScale)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, 0x0103_0300u | options.WindowScale);
            destination = destination[WindowScaleLength..];
        }
        WriteSack(destination, options);
    }

    private static void WriteSack(Span<byte> destination, in TcpOptions options)
    {
        var blocks = BlocksThatFit(options);
        if (blocks == 0)
            return;
        BinaryPrimitives.WriteUInt32BigEndian(destination, 0x0101_0500u | (uint)(2 + blocks * SackBlockLength));
        for (var i = 0; i < blocks; i++)
        {
            var block = destination[(SackHeadLength + i * SackBlockLength)..];
            BinaryPrimitives.WriteUInt32BigEndian(block, options.Sack[i].Left.Value);
            BinaryPrimitives.WriteUInt32BigEndian(block[4..], options.Sack[i].Right.Value);
        }
    }

    private static int FixedLength(in TcpOptions options) =>
        (options.Mss != 0 ? MssLength : 0)
        + (options.SackPermitted ? SackPermittedLength : 0)
        + (options.HasTimestamps ? TimestampsLength : 0)
        + (options.HasWindowScale ? WindowScaleLength : 0);

    /// <summary>Beside timestamps there is room for three (RFC 2018 section 3).</summary>
    private static int BlocksThatFit(in TcpOptions options) =>
        Math.Min((int)options.SackCount, (MaxLength - SackHeadLength - FixedLength(options)) / SackBlockLength);
}
