using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// RFC 8985 section 7: when the last segments of a flight are lost nothing behind them brings duplicates. One segment sent long before the RTO makes
/// the target say what it has.
/// </summary>
internal struct TailLossProbe
{
    /// <summary>A target may keep the ACK of a lone segment back: Linux for 40 ms at least.</summary>
    private static readonly TimeSpan AckDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Replies come by way of the interceptor, in batches: a shorter wait would take its hiccups for losses.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(10);

    private SeqNumber? _end;
    private bool _isRepetition;

    /// <summary>When the probe is due; never when there is nothing to probe for.</summary>
    public Instant Deadline { get; private set; }

    /// <summary>Behind the probe's last byte, until it is known what became of it; one is out at a time.</summary>
    public readonly SeqNumber? End => _end;

    public static TailLossProbe None => new() { Deadline = Instant.Never };

    /// <summary>Waits anew, because something was sent or acknowledged.</summary>
    public void Arm(in RetransmissionTimeout timeout, bool isLone, Instant now)
    {
        var wait = TimeSpan.FromTicks(Math.Max(2 * timeout.RoundTrip.Ticks, Math.Max(timeout.Estimate.Ticks, LeastWait.Ticks)));
        Deadline = _end is null ? now + wait + (isLone ? AckDelay : TimeSpan.Zero) : Instant.Never;
    }

    public void Disarm() => Deadline = Instant.Never;

    /// <param name="end">Behind its last byte.</param>
    /// <param name="isRepetition">False when there was new data to probe with.</param>
    public void OnSent(SeqNumber end, bool isRepetition) => (_end, _isRepetition, Deadline) = (end, isRepetition, Instant.Never);

    /// <summary>
    /// Takes in an acknowledgement (section 7.4.2). One of the probe alone may be that of the first copy and only late: then the probe came twice, and the
    /// target will say so.
    /// </summary>
    /// <param name="reply">What brought it.</param>
    /// <param name="isBareDuplicate">It acknowledges no more than the one before, and says nothing else.</param>
    /// <returns>True when the probe filled a hole: more is acknowledged, and the target has not told of a second copy.</returns>
    public bool OnReply(in ReplyHeader reply, bool isBareDuplicate)
    {
        if (_end is not { } end || reply.Acknowledgement < end)
            return false;
        // RFC 2883 section 4: what came twice is the first block.
        var isReported = reply.Options.SackCount > 0 && reply.Options.Sack[0].Right == end;
        var isBeyond = reply.Acknowledgement > end;
        var hasRepaired = _isRepetition && isBeyond && !isReported;
        if (!_isRepetition || isReported || isBeyond || isBareDuplicate)
            _end = null;
        return hasRepaired;
    }

    /// <summary>The RTO ran out, or the window shut: what was probed for is known.</summary>
    public void Forget() => this = None;
}
