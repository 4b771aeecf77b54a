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

    /// <summary>Enough for the next packet of an answer that comes in several; a sender that holds its rest back for our ACK loses no more than this.</summary>
    private static readonly TimeSpan HurriedAck = TimeSpan.FromMilliseconds(1);

    /// <summary>RFC 7323 section 5.5: in a longer silence the target's clock may have come halfway round.</summary>
    private static readonly TimeSpan TimestampLifetime = TimeSpan.FromDays(24);

    private ReplyRanges _ranges;
    private SeqNumber _lastAcknowledged;
    private SeqNumber? _finAt;
    private int _unacknowledged;
    private int _largestReply = DefaultMss;
    private SeqNumber? _challenged;
    private uint _recentTimestamp;
    private Instant _timestampKeptAt;
    private bool _hasTimestamps;

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
        _hasTimestamps = synAck.Options.HasTimestamps;
        _recentTimestamp = synAck.Options.TimestampValue;
        _timestampKeptAt = LastBytesAt = now;
        IsAckDue = true;
    }

    /// <summary>Whether a packet of the target's may be taken in at all; to be asked once for each.</summary>
    public ReplyVerdict Judge(in ReplyHeader reply, Instant now)
    {
        if (reply.Flags.Has(TcpFlags.Rst))
            return JudgeReset(reply.Sequence);
        // RFC 5961 section 4: our ACK was lost, or the target has another connection in mind; its window is unscaled and its number no data.
        if (reply.Flags.Has(TcpFlags.Syn))
            return ReplyVerdict.Answer;
        if (reply.Sequence + reply.SequenceLength - Next > Reach)
            return ReplyVerdict.Answer;
        if (!IsOutdated(reply, now))
            return ReplyVerdict.Take;
        // RFC 7323 section 5.3 R1. A bare ACK that was overtaken has nothing that the target waits for.
        return reply.SequenceLength > 0 ? ReplyVerdict.Answer : ReplyVerdict.Ignore;
    }

    /// <summary>Takes in one packet of the target's, if <see cref="Judge"/> says so.</summary>
    /// <returns>True when it brought bytes, or the FIN, that follow what was there.</returns>
    public bool Accept(in ReplyHeader reply, Instant now)
    {
        var end = reply.Sequence + reply.SequenceLength;
        KeepTimestamp(reply, now);
        if (reply.SequenceLength == 0)
        {
            // A keep-alive probe lies one before what we expect and wants an answer (RFC 9293 section 3.8.4).
            IsAckDue |= reply.Sequence == Next - 1;
            return false;
        }
        if (end <= Next)
        {
            IsAckDue = true;
            return false;
        }
        var pushed = reply.Flags.Has(TcpFlags.Psh | TcpFlags.Fin);
        if (reply.Flags.Has(TcpFlags.Fin))
            _finAt = end - 1;
        if (reply.Sequence > Next)
        {
            _ranges.Add(new ReplyRange(reply.Sequence, end, pushed));
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

    /// <summary>Lets a delayed ACK wait for a moment only.</summary>
    public void HurryAck(Instant now)
    {
        if (_unacknowledged > 0)
            AckDeadline = Instant.Min(AckDeadline, now + HurriedAck);
    }

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

    /// <summary>
    /// RFC 5961 section 3: only the number that we expect is believed at once. One ahead of it comes from another connection, or the tap has missed what
    /// came before it: a target without the connection answers our ACK with a reset at just the right number, and one that insists is believed too.
    /// </summary>
    private ReplyVerdict JudgeReset(SeqNumber sequence)
    {
        if (sequence == Next || sequence == _challenged)
            return ReplyVerdict.Reset;
        // Answers to what we sent before our last ACK carry the number of the ACK before: the window begins at what the target knows that we have.
        if (sequence < _lastAcknowledged || sequence - Next > Reach)
            return ReplyVerdict.Ignore;
        _challenged = sequence;
        return ReplyVerdict.Answer;
    }

    /// <summary>PAWS: an old duplicate, from before the sequence numbers came round (RFC 7323 section 5).</summary>
    private bool IsOutdated(in ReplyHeader reply, Instant now) =>
        _hasTimestamps
        && reply.Options.HasTimestamps
        && unchecked((int)(reply.Options.TimestampValue - _recentTimestamp)) < 0
        && now - _timestampKeptAt < TimestampLifetime;

    private void KeepTimestamp(in ReplyHeader reply, Instant now)
    {
        // RFC 7323 section 4.3, R2. What IsOutdated let pass is not older, or what we kept has expired.
        if (!reply.Options.HasTimestamps || reply.Sequence > _lastAcknowledged)
            return;
        _recentTimestamp = reply.Options.TimestampValue;
        _timestampKeptAt = now;
    }
}
