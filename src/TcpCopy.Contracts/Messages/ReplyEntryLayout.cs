using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>
/// The bytes of a reply entry, in network order: flow id, header fields, options, and room for four SACK blocks. Bits of
/// <see cref="Present"/> say which options were there; MSS 0 says that it was not.
/// </summary>
internal static class ReplyEntryLayout
{
    public const int Size = Sack + TcpOptions.MaxSackBlocks * SackBlockSize;

    private const byte WindowScalePresent = 1;
    private const byte SackPermittedPresent = 2;
    private const byte TimestampsPresent = 4;
    private const byte AllPresent = WindowScalePresent | SackPermittedPresent | TimestampsPresent;
    private const int SackBlockSize = 8;

    /// <summary>As much as a network card joins: a copier's delayed acknowledgements count bytes.</summary>
    private const int MaxJoinedPayload = 64 * 1024;

    private const int Id = 0;
    private const int Sequence = 8;
    private const int Acknowledgement = 12;
    private const int PayloadLength = 16;
    private const int Window = 20;
    private const int Flags = 22;
    private const int Present = 23;
    private const int Mss = 24;
    private const int WindowScale = 26;
    private const int SackCount = 27;
    private const int TimestampValue = 28;
    private const int TimestampEcho = 32;
    private const int Sack = 36;

    public static void Write(Span<byte> entry, FlowId id, in ReplyHeader header)
    {
        BinaryPrimitives.WriteInt64BigEndian(entry[Id..], id.Value);
        BinaryPrimitives.WriteUInt32BigEndian(entry[Sequence..], header.Sequence.Value);
        BinaryPrimitives.WriteUInt32BigEndian(entry[Acknowledgement..], header.Acknowledgement.Value);
        BinaryPrimitives.WriteInt32BigEndian(entry[PayloadLength..], header.PayloadLength);
        BinaryPrimitives.WriteUInt16BigEndian(entry[Window..], header.Window);
        entry[Flags] = (byte)header.Flags;
        WriteOptions(entry, header.Options);
    }

    public static void Read(ReadOnlySpan<byte> entry, out FlowId id, out ReplyHeader header)
    {
        id = new FlowId(BinaryPrimitives.ReadInt64BigEndian(entry[Id..]));
        header = new ReplyHeader
        {
            Sequence = ReadPosition(entry[Sequence..]),
            Acknowledgement = ReadPosition(entry[Acknowledgement..]),
            PayloadLength = BinaryPrimitives.ReadInt32BigEndian(entry[PayloadLength..]),
            Window = BinaryPrimitives.ReadUInt16BigEndian(entry[Window..]),
            Flags = (TcpFlags)entry[Flags],
        };
        ReadOptions(entry, ref header.Options);
    }

    /// <summary>Lets the entry stand for the packet behind it, too: bytes in order, with the same acknowledgement and echo.</summary>
    public static bool TryJoin(Span<byte> entry, in ReplyHeader next)
    {
        Read(entry, out _, out var last);
        var isJoinable = last.PayloadLength > 0 && next.PayloadLength > 0
            && (last.Flags & ~TcpFlags.Psh) == TcpFlags.Ack && (next.Flags & ~(TcpFlags.Psh | TcpFlags.Fin)) == TcpFlags.Ack
            && next.Sequence == last.Sequence + last.PayloadLength && next.Acknowledgement == last.Acknowledgement
            && last.PayloadLength + next.PayloadLength <= MaxJoinedPayload
            && last.Options.SackCount + next.Options.SackCount == 0
            && last.Options.HasTimestamps == next.Options.HasTimestamps && last.Options.TimestampEcho == next.Options.TimestampEcho;
        if (!isJoinable)
            return false;
        // The push mark is that of the last byte; the window and the time are the newest.
        BinaryPrimitives.WriteInt32BigEndian(entry[PayloadLength..], last.PayloadLength + next.PayloadLength);
        BinaryPrimitives.WriteUInt16BigEndian(entry[Window..], next.Window);
        entry[Flags] = (byte)next.Flags;
        BinaryPrimitives.WriteUInt32BigEndian(entry[TimestampValue..], next.Options.TimestampValue);
        return true;
    }

    /// <summary>What is wrong with one whole entry from outside; null when nothing is.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> entry)
    {
        if (BinaryPrimitives.ReadInt32BigEndian(entry[PayloadLength..]) is < 0 and var length)
            return $"payload length {length} is negative";
        if (entry[Present] > AllPresent)
            return $"option bits 0x{entry[Present]:x2} name options that this version does not know";
        if (entry[WindowScale] > TcpOptions.MaxWindowScale)
            return $"window scale {entry[WindowScale]} is above {TcpOptions.MaxWindowScale}";
        return entry[SackCount] > TcpOptions.MaxSackBlocks ? $"{entry[SackCount]} SACK blocks, at most {TcpOptions.MaxSackBlocks} fit" : null;
    }

    private static void WriteOptions(Span<byte> entry, in TcpOptions options)
    {
        entry[Present] = (byte)((options.HasWindowScale ? WindowScalePresent : 0)
            | (options.SackPermitted ? SackPermittedPresent : 0)
            | (options.HasTimestamps ? TimestampsPresent : 0));
        BinaryPrimitives.WriteUInt16BigEndian(entry[Mss..], options.Mss);
        entry[WindowScale] = options.WindowScale;
        entry[SackCount] = options.SackCount;
        BinaryPrimitives.WriteUInt32BigEndian(entry[TimestampValue..], options.TimestampValue);
        BinaryPrimitives.WriteUInt32BigEndian(entry[TimestampEcho..], options.TimestampEcho);
        var sack = entry[Sack..];
        // The buffer is used again and again: blocks of an earlier batch must not leak into this one.
        sack.Clear();
        for (var i = 0; i < options.SackCount; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(sack[(i * SackBlockSize)..], options.Sack[i].Left.Value);
            BinaryPrimitives.WriteUInt32BigEndian(sack[(i * SackBlockSize + 4)..], options.Sack[i].Right.Value);
        }
    }

    private static void ReadOptions(ReadOnlySpan<byte> entry, ref TcpOptions options)
    {
        options.HasWindowScale = (entry[Present] & WindowScalePresent) != 0;
        options.SackPermitted = (entry[Present] & SackPermittedPresent) != 0;
        options.HasTimestamps = (entry[Present] & TimestampsPresent) != 0;
        options.Mss = BinaryPrimitives.ReadUInt16BigEndian(entry[Mss..]);
        options.WindowScale = entry[WindowScale];
        options.TimestampValue = BinaryPrimitives.ReadUInt32BigEndian(entry[TimestampValue..]);
        options.TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(entry[TimestampEcho..]);
        options.SackCount = Math.Min(entry[SackCount], (byte)TcpOptions.MaxSackBlocks);
        for (var i = 0; i < options.SackCount; i++)
        {
            var block = entry[(Sack + i * SackBlockSize)..];
            options.Sack[i] = new SackBlock(ReadPosition(block), ReadPosition(block[4..]));
        }
    }

    private static SeqNumber ReadPosition(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
