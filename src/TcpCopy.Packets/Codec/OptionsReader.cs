using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Codec;

/// <summary>Reads the options of a TCP header (RFC 9293 section 3.2).</summary>
internal static class OptionsReader
{
    private const byte End = 0;
    private const byte NoOperation = 1;
    private const byte Mss = 2;
    private const byte WindowScale = 3;
    private const byte SackPermitted = 4;
    private const byte Sack = 5;
    private const byte Timestamps = 8;
    private const int SackBlockLength = 8;

    /// <summary>
    /// False when an option's length is below two or goes past the end. A known option of the wrong length is passed over, as kernels do;
    /// what belongs into a SYN is ignored elsewhere.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool isSyn, ref TcpOptions options)
    {
        while (!bytes.IsEmpty && bytes[0] != End)
        {
            if (bytes[0] == NoOperation)
            {
                bytes = bytes[1..];
                continue;
            }
            if (bytes.Length < 2 || bytes[1] < 2 || bytes[1] > bytes.Length)
                return false;
            var kind = bytes[0];
            var value = bytes[2..bytes[1]];
            bytes = bytes[bytes[1]..];
            if (isSyn)
                TakeOfSyn(kind, value, ref options);
            Take(kind, value, ref options);
        }
        return true;
    }

    private static void TakeOfSyn(byte kind, ReadOnlySpan<byte> value, ref TcpOptions options)
    {
        switch (kind)
        {
            case Mss when value.Length == 2:
                options.Mss = BinaryPrimitives.ReadUInt16BigEndian(value);
                break;
            case WindowScale when value.Length == 1:
                options.HasWindowScale = true;
                // RFC 7323 section 2.3: a larger shift is to be taken for 14.
                options.WindowScale = Math.Min(value[0], TcpOptions.MaxWindowScale);
                break;
            case SackPermitted when value.IsEmpty:
                options.SackPermitted = true;
                break;
        }
    }

    private static void Take(byte kind, ReadOnlySpan<byte> value, ref TcpOptions options)
    {
        switch (kind)
        {
            case Timestamps when value.Length == 8:
                options.HasTimestamps = true;
                options.TimestampValue = BinaryPrimitives.ReadUInt32BigEndian(value);
                options.TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
                break;
            case Sack when value.Length % SackBlockLength == 0:
                TakeSack(value, ref options);
                break;
        }
    }

    private static void TakeSack(ReadOnlySpan<byte> value, ref TcpOptions options)
    {
        options.SackCount = 0;
        for (; value.Length >= SackBlockLength && options.SackCount < TcpOptions.MaxSackBlocks; value = value[SackBlockLength..])
        {
            var left = new SeqNumber(BinaryPrimitives.ReadUInt32BigEndian(value));
            var right = new SeqNumber(BinaryPrimitives.ReadUInt32BigEndian(value[4..]));
            options.Sack[options.SackCount++] = new(left, right);
        }
    }
}
