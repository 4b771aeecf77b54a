using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>Makes the segments of one replica: every one carries the newest ACK, our constant window and, where agreed, timestamps.</summary>
internal sealed class SegmentWriter(ReplyTracker replies, uint timestampOffset)
{
    public long SegmentsSent { get; private set; }

    public long Retransmissions { get; private set; }

    /// <summary>TCP option bytes of a data segment without SACK blocks (RFC 7323 appendix A).</summary>
    public int OptionLength => HasTimestamps ? 12 : 0;

    public bool HasTimestamps { get; private set; }

    public bool HasSack { get; private set; }

    /// <summary>What the target's SYN-ACK did not bring is not used.</summary>
    public void Agree(in TcpOptions answered)
    {
        HasTimestamps = answered.HasTimestamps;
        HasSack = answered.SackPermitted;
    }

    /// <summary>TSval: milliseconds of the session clock (RFC 7323 section 5.4 asks for 1 ms to 1 s a tick), from this replica's own start.</summary>
    public uint TimestampAt(Instant now) => unchecked(timestampOffset + (uint)(now.Ticks / TimeSpan.TicksPerMillisecond));

    /// <summary>How long ago a timestamp of ours was sent (RFC 7323 section 4.1).</summary>
    /// <param name="timestamp">As the target echoes it.</param>
    /// <param name="longest">Since the connection's first packet.</param>
    /// <param name="now">The session's clock.</param>
    /// <returns>Null for a timestamp from before the connection or from the future: not one of ours.</returns>
    public TimeSpan? AgeOf(uint timestamp, TimeSpan longest, Instant now)
    {
        var milliseconds = unchecked((int)(TimestampAt(now) - timestamp));
        return milliseconds >= 0 && milliseconds <= longest.TotalMilliseconds + 1 ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }

    public void WriteSyn(SeqNumber sequence, int mss, Instant now, bool isRepeated, SessionOutput output)
    {
        var options = new TcpOptions
        {
            Mss = (ushort)Math.Min(mss, ushort.MaxValue),
            HasWindowScale = true,
            WindowScale = ReplyTracker.WindowScale,
            SackPermitted = true,
            HasTimestamps = true,
            TimestampValue = TimestampAt(now),
        };
        var syn = new OutgoingSegment { Sequence = sequence, Flags = TcpFlags.Syn, Window = ReplyTracker.WindowField, Options = options };
        Add(syn, isRepeated, output);
    }

    public void WriteAck(SeqNumber sequence, Instant now, SessionOutput output) =>
        Write(sequence, TcpFlags.Ack, now, isRepeated: false, output);

    public void WriteFin(SeqNumber sequence, Instant now, bool isRepeated, SessionOutput output) =>
        Write(sequence, TcpFlags.Fin | TcpFlags.Ack, now, isRepeated, output);

    /// <summary>The sequence is where the target is believed to be: only there it takes the RST at once (RFC 9293 section 3.10.7.4).</summary>
    public void WriteReset(SeqNumber sequence, Instant now, SessionOutput output) =>
        Write(sequence, TcpFlags.Rst | TcpFlags.Ack, now, isRepeated: false, output);

    /// <summary>Takes back a SYN: there is nothing to acknowledge yet.</summary>
    public void WriteResetOfSyn(SeqNumber sequence, SessionOutput output) =>
        Add(new OutgoingSegment { Sequence = sequence, Flags = TcpFlags.Rst }, isRepeated: false, output);

    /// <summary>Answers a packet to a connection that is no more (RFC 9293 section 3.5.2, group 1).</summary>
    public void WriteResetFor(in ReplyHeader reply, SessionOutput output) =>
        Add(new OutgoingSegment { Sequence = reply.Acknowledgement, Flags = TcpFlags.Rst }, isRepeated: false, output);

    /// <summary>Sends <paramref name="length"/> bytes of <paramref name="piece"/> from <paramref name="sequence"/> on.</summary>
    public void WriteData(in Piece piece, SeqNumber sequence, int length, Instant now, bool isRepeated, SessionOutput output)
    {
        // The client's own push marks are kept, at the end of what carried them. Its urgent marks are not (RFC 6093): the bytes stay where they are.
        var offset = piece.Offset + (sequence - piece.Start);
        var isPushed = offset + length == piece.Source.PayloadLength && piece.Source.Flags.Has(TcpFlags.Psh | TcpFlags.Fin);
        var data = Header(sequence, isPushed ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack, now);
        data.Source = piece.Source;
        data.Offset = offset;
        data.Length = length;
        replies.OnAckSent();
        Add(data, isRepeated, output);
    }

    private void Write(SeqNumber sequence, TcpFlags flags, Instant now, bool isRepeated, SessionOutput output)
    {
        var segment = Header(sequence, flags, now);
        if (HasSack)
            replies.WriteSack(ref segment.Options);
        replies.OnAckSent();
        Add(segment, isRepeated, output);
    }

    private OutgoingSegment Header(SeqNumber sequence, TcpFlags flags, Instant now)
    {
        var segment = new OutgoingSegment
        {
            Sequence = sequence,
            Acknowledgement = replies.Next,
            Flags = flags,
            Window = ReplyTracker.WindowField,
        };
        if (HasTimestamps)
        {
            segment.Options.HasTimestamps = true;
            segment.Options.TimestampValue = TimestampAt(now);
            segment.Options.TimestampEcho = replies.TimestampEcho;
        }
        return segment;
    }

    private void Add(in OutgoingSegment segment, bool isRepeated, SessionOutput output)
    {
        SegmentsSent++;
        if (isRepeated)
            Retransmissions++;
        output.Add(segment);
    }
}
