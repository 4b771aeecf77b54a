using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>
/// The bytes of a reply entry, in network order: flow id, header fields, and of the options those alone that were there, as <see cref="Present"/> says:
/// timestamps, MSS, window scale, SACK blocks. Most replies have timestamps or nothing. A trace follows where the copier asked for it.
/// </summary>
internal static class ReplyEntryLayout
{
    public const int MaxSize = Options + TimestampsSize + MssSize + WindowScaleSize + TcpOptions.MaxSackBlocks * SackBlockSize + TraceSize;

    private const byte WindowScalePresent = 0x01;
    private const byte SackPermittedPresent = 0x02;
    private const byte TimestampsPresent = 0x04;
    private const byte MssPresent = 0x08;
    private const byte TracePresent = 0x80;

    /// <summary>Between the bits: how many SACK blocks there are.</summary>
    private const int SackCountShift = 4;
    private const int SackCountMask = 0x07;

    private const int TimestampsSize = 8;
    private const int MssSize = 2;
    private const int WindowScaleSize = 1;
    private const int SackBlockSize = 8;
    private const int TraceSize = TraceStatus + 2;

    // Within the trace.
    private const int TraceFirst = 0;
    private const int TraceLast = 4;
    private const int TraceStatus = 8;

    /// <summary>As much as a network card joins: a copier's delayed acknowledgements count bytes.</summary>
    private const int MaxJoinedPayload = 64 * 1024;

    private const int Id = 0;
    private const int Sequence = 8;
    private const int Acknowledgement = 12;
    private const int PayloadLength = 16;
    private const int Window = 20;
    private const int Flags = 22;
    private const int Present = 23;
    private const int Options = 24;

    public static int SizeOf(in TcpOptions options, bool isTraced) => SizeOf(PresentOf(options)) + (isTraced ? TraceSize : 0);

    /// <summary>False: no whole entry begins there.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> left, out int size)
    {
        size = left.Length < Options ? Options : SizeOf(left[Present]);
        return left.Length >= size;
    }

    /// <param name="entry">Of the size that <see cref="SizeOf(in TcpOptions, bool)"/> says.</param>
    /// <param name="id">Whose reply it is.</param>
    /// <param name="header">What it says.</param>
    /// <param name="isTraced">With its trace.</param>
    public static void Write(Span<byte> entry, FlowId id, in ReplyHeader header, bool isTraced)
    {
        BinaryPrimitives.WriteInt64BigEndian(entry[Id..], id.Value);
        BinaryPrimitives.WriteUInt32BigEndian(entry[Sequence..], header.Sequence.Value);
        BinaryPrimitives.WriteUInt32BigEndian(entry[Acknowledgement..], header.Acknowledgement.Value);
        BinaryPrimitives.WriteInt32BigEndian(entry[PayloadLength..], header.PayloadLength);
        BinaryPrimitives.WriteUInt16BigEndian(entry[Window..], header.Window);
        entry[Flags] = (byte)header.Flags;
        entry[Present] = (byte)(PresentOf(header.Options) | (isTraced ? TracePresent : 0));
        WriteOptions(entry[Options..], header.Options);
        if (isTraced)
            WriteTrace(TraceOf(entry), header.Trace);
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
        ReadOptions(entry[Options..], entry[Present], ref header.Options);
        if ((entry[Present] & TracePresent) != 0)
            header.Trace = ReadTrace(entry[(SizeOf(entry[Present]) - TraceSize)..]);
    }

    /// <summary>Turns the moments of all traces into how long ago they are.</summary>
    /// <param name="entries">Whole ones.</param>
    /// <param name="now">As <see cref="ReplyTrace.Stamp"/> says it.</param>
    public static void Settle(Span<byte> entries, uint now)
    {
        for (var left = entries; TryMeasure(left, out var size); left = left[size..])
        {
            if ((left[Present] & TracePresent) == 0)
                continue;
            var room = TraceOf(left);
            var trace = ReadTrace(room);
            (trace.First, trace.Last) = (Age(trace.First, now), Age(trace.Last, now));
            WriteTrace(room, trace);
        }
    }

    /// <summary>Lets the entry stand for the packet behind it, too: bytes in order, with the same acknowledgement and echo.</summary>
    public static bool TryJoin(Span<byte> entry, in ReplyHeader next)
    {
        Read(entry, out _, out var last);
        // Where an answer begins is to be seen.
        if ((entry[Present] & TracePresent) != 0 && next.Trace.Status != 0)
            return false;
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
        if (next.Options.HasTimestamps)
            BinaryPrimitives.WriteUInt32BigEndian(entry[Options..], next.Options.TimestampValue);
        if ((entry[Present] & TracePresent) != 0)
            BinaryPrimitives.WriteUInt32BigEndian(TraceOf(entry)[TraceLast..], next.Trace.Last);
        return true;
    }

    /// <summary>Looks at the entry from outside that begins there.</summary>
    public static string? Check(ReadOnlySpan<byte> left, out int size)
    {
        if (!TryMeasure(left, out size))
            return $"it needs {size} bytes, {left.Length} are left";
        if (BinaryPrimitives.ReadInt32BigEndian(left[PayloadLength..]) is < 0 and var length)
            return $"payload length {length} is negative";
        if (SackCountOf(left[Present]) is > TcpOptions.MaxSackBlocks and var blocks)
            return $"{blocks} SACK blocks, at most {TcpOptions.MaxSackBlocks} fit";
        var options = default(TcpOptions);
        ReadOptions(left[Options..], left[Present], ref options);
        return options.WindowScale > TcpOptions.MaxWindowScale ? $"window scale {options.WindowScale} is above {TcpOptions.MaxWindowScale}" : null;
    }

    private static byte PresentOf(in TcpOptions options) => (byte)(options.SackCount << SackCountShift
        | (options.HasWindowScale ? WindowScalePresent : 0)
        | (options.SackPermitted ? SackPermittedPresent : 0)
        | (options.HasTimestamps ? TimestampsPresent : 0)
        | (options.Mss != 0 ? MssPresent : 0));

    private static int SizeOf(byte present) => Options
        + ((present & TimestampsPresent) != 0 ? TimestampsSize : 0)
        + ((present & MssPresent) != 0 ? MssSize : 0)
        + ((present & WindowScalePresent) != 0 ? WindowScaleSize : 0)
        + SackCountOf(present) * SackBlockSize
        + ((present & TracePresent) != 0 ? TraceSize : 0);

    private static int SackCountOf(byte present) => (present >> SackCountShift) & SackCountMask;

    /// <summary>Of the entry that begins there.</summary>
    private static Span<byte> TraceOf(Span<byte> entry) => entry.Slice(SizeOf(entry[Present]) - TraceSize, TraceSize);

    /// <summary>A clock that was set back makes no age.</summary>
    private static uint Age(uint stamp, uint now) => now - stamp <= int.MaxValue ? now - stamp : 0;

    private static void WriteTrace(Span<byte> room, in ReplyTrace trace)
    {
        BinaryPrimitives.WriteUInt32BigEndian(room[TraceFirst..], trace.First);
        BinaryPrimitives.WriteUInt32BigEndian(room[TraceLast..], trace.Last);
        BinaryPrimitives.WriteUInt16BigEndian(room[TraceStatus..], trace.Status);
    }

    private static ReplyTrace ReadTrace(ReadOnlySpan<byte> room) => new()
    {
        First = BinaryPrimitives.ReadUInt32BigEndian(room[TraceFirst..]),
        Last = BinaryPrimitives.ReadUInt32BigEndian(room[TraceLast..]),
        Status = BinaryPrimitives.ReadUInt16BigEndian(room[TraceStatus..]),
    };

    private static void WriteOptions(Span<byte> room, in TcpOptions options)
    {
        if (options.HasTimestamps)
        {
            BinaryPrimitives.WriteUInt32BigEndian(room, options.TimestampValue);
            BinaryPrimitives.WriteUInt32BigEndian(room[4..], options.TimestampEcho);
            room = room[TimestampsSize..];
        }
        if (options.Mss != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(room, options.Mss);
            room = room[MssSize..];
        }
        if (options.HasWindowScale)
        {
            room[0] = options.WindowScale;
            room = room[WindowScaleSize..];
        }
        for (var i = 0; i < options.SackCount; i++, room = room[SackBlockSize..])
        {
            BinaryPrimitives.WriteUInt32BigEndian(room, options.Sack[i].Left.Value);
            BinaryPrimitives.WriteUInt32BigEndian(room[4..], options.Sack[i].Right.Value);
        }
    }

    private static void ReadOptions(ReadOnlySpan<byte> left, byte present, ref TcpOptions options)
    {
        options.SackPermitted = (present & SackPermittedPresent) != 0;
        if ((present & TimestampsPresent) != 0)
        {
            options.HasTimestamps = true;
            options.TimestampValue = BinaryPrimitives.ReadUInt32BigEndian(left);
            options.TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(left[4..]);
            left = left[TimestampsSize..];
        }
        if ((present & MssPresent) != 0)
        {
            options.Mss = BinaryPrimitives.ReadUInt16BigEndian(left);
            left = left[MssSize..];
        }
        if ((present & WindowScalePresent) != 0)
        {
            options.HasWindowScale = true;
            options.WindowScale = left[0];
            left = left[WindowScaleSize..];
        }
        options.SackCount = (byte)Math.Min(SackCountOf(present), TcpOptions.MaxSackBlocks);
        for (var i = 0; i < options.SackCount; i++, left = left[SackBlockSize..])
            options.Sack[i] = new SackBlock(ReadPosition(left), ReadPosition(left[4..]));
    }

    private static SeqNumber ReadPosition(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
