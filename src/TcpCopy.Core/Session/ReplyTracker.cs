using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// The receiving half: which of the target's bytes have come, and when to acknowledge them. Payload is never seen, so the window we announce
/// is large and constant; what our tap lost looks like a hole, and duplicate ACKs make the target send it again.
/// </summary>
internal sealed class ReplyTracker(SessionSettings settings)
{
    /// <summary>The window field of every segment; shifted, 16 MB: more than a target's send buffer.</summary>
    public const ushort WindowField = ushort.MaxValue;

    /// <summary>The shift we offer in our SYN.</summary>
    public const byte WindowScale = 8;

    /// <summary>Reply sequence space beyond this distance is not ours to take (RFC 9293 section 3.10.7.4); also without the window scale.</summary>
    private const int Reach = ushort.MaxValue << WindowScale;

    /// <summary>RFC 9293 section 3.7.1: what may be assumed of a host that has said nothing.</summary>
    private const int DefaultMss = 536;

    private ReplyRanges _ranges;
    private SeqNumber _lastAcknowledged;
    private SeqNumber? _finAt;
    private int _unacknowledged;
    private int _largestReply = DefaultMss;
    private uint _recentTimestamp;

    /// <summary>Next position expected of the target: our acknowledgement number.</summary>
    public SeqNumber Next { get; private set; }

    /// <summary>Payload bytes received without a hole.</summary>
    public long Bytes { get; private set; }

    /// <summary>What was received last without a hole had PSH or FIN: the target had written so far.</summary>
    public bool Pushed { get; private set; }

    /// <summary>The target's FIN and everything before it has come.</summary>
    public bool IsFinished => _finAt is { } fin && Next > fin;

    /// <summary>An ACK is due now, alone or on a data segment.</summary>
    public bool IsAckDue { get; private set; }

    /// <summary>A bare ACK is due now: one with data would not count as a duplicate (RFC 5681 section 2).</summary>
    public bool IsDuplicateAckDue { get; private set; }

    /// <summary>When a delayed ACK is due (RFC 9293 section 3.8.6.3).</summary>
    public Instant AckDeadline { get; private set; } = Instant.Never;

    /// <summary>When new bytes in order came last.</summary>
    public Instant LastBytesAt { get; private set; }

    /// <summary>TSecr of our segments (RFC 7323 section 4.3).</summary>
    public uint TimestampEcho => _recentTimestamp;

    public void Start(in ReplyHeader synAck, Instant now)
    {
        Next = synAck.Sequence + 1;
        _lastAcknowledged = Next;
        _recentTimestamp = synAck.Options.TimestampValue;
        LastBytesAt = now;
        IsAckDue = true;
    }

    /// <summary>Takes in one packet of the target's.</summary>
    /// <returns>True when it brought bytes, or the FIN, that follow what was there.</returns>
    public bool Accept(in ReplyHeader reply, Instant now)
    {
        var start = reply.Flags.Has(TcpFlags.Syn) ? reply.Sequence + 1 : reply.Sequence;
        var end = reply.Sequence + reply.SequenceLength;
        KeepTimestamp(reply);
        if (reply.SequenceLength == 0)
        {
            // A keep-alive probe lies one before what we expect and wants an answer (RFC 9293 section 3.8.4).
            IsAckDue |= reply.Sequence == Next - 1;
            return false;
        }
        if (end <= Next || end - Next > Reach)
        {
            IsAckDue = true;
            return false;
        }
        var pushed = reply.Flags.Has(TcpFlags.Psh | TcpFlags.Fin);
        if (reply.Flags.Has(TcpFlags.Fin))
            _finAt = end - 1;
        if (start > Next)
        {
            _ranges.Add(new ReplyRange(start, end, pushed));
            IsDuplicateAckDue = true;
            return false;
        }
        Advance(end, pushed, now);
        Schedule(reply.PayloadLength, now);
        return true;
    }

    /// <summary>An ACK of everything so far has been sent.</summary>
    public void OnAckSent()
    {
        _lastAcknowledged = Next;
        _unacknowledged = 0;
        IsAckDue = false;
        IsDuplicateAckDue = false;
        AckDeadline = Instant.Never;
    }

    /// <summary>Lets a delayed ACK go now, when there is one.</summary>
    public void HurryAck() => IsAckDue |= _unacknowledged > 0;

    public void OnWake(Instant now) => IsAckDue |= now >= AckDeadline;

    public void WriteSack(ref TcpOptions options)
    {
        // RFC 2018 section 3: three blocks beside the timestamps option, four without it.
        if (!_ranges.IsEmpty)
            _ranges.WriteTo(ref options, options.HasTimestamps ? TcpOptions.MaxSackBlocks - 1 : TcpOptions.MaxSackBlocks);
    }

    private void Advance(SeqNumber end, bool pushed, Instant now)
    {
        var before = Next;
        var next = end;
        if (!_ranges.IsEmpty)
        {
            // RFC 5681 section 4.2: a segment that fills a hole is acknowledged at once.
            IsAckDue = true;
            _ranges.Join(ref next, ref pushed);
        }
        Next = next;
        Pushed = pushed;
        LastBytesAt = now;
        var bytes = next - before - (IsFinished ? 1 : 0);
        Bytes += bytes;
        _unacknowledged += next - before;
    }

    private void Schedule(int payloadLength, Instant now)
    {
        _largestReply = Math.Max(_largestReply, Math.Min(payloadLength, settings.MaxSegmentSize));
        // RFC 9293 section 3.8.6.3: an ACK for at least every second full-sized segment. What the target's device would have cut is one
        // packet here, so bytes are counted and not packets.
        if (_unacknowledged >= 2 * _largestReply || IsFinished)
            IsAckDue = true;
        else
            AckDeadline = Instant.Min(AckDeadline, now + settings.DelayedAck);
    }

    private void KeepTimestamp(in ReplyHeader reply)
    {
        var isNewer = unchecked((int)(reply.Options.TimestampValue - _recentTimestamp)) > 0;
        if (reply.Options.HasTimestamps && isNewer && reply.Sequence <= _lastAcknowledged)
            _recentTimestamp = reply.Options.TimestampValue;
    }
}
