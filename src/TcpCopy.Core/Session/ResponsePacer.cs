using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// A request goes out when the target has acknowledged what went before and has answered as much as the client had seen online. The answer may
/// differ: a shorter one counts when it looks finished and silence follows, and no wait lasts for ever.
/// </summary>
internal sealed class ResponsePacer(SessionSettings settings, RequestLog requests, ClientStream stream) : Pacer
{
    /// <summary>An answer this little shorter than online is taken for complete as readily before the end as before another request.</summary>
    private const int LikeEnough = 1024;

    /// <summary>
    /// Silence asked for before an end that follows a much shorter answer. A server that sees the FIN may stop in mid-answer, so this outlasts
    /// what a lost ACK of ours costs it: one RTO of 200 ms and more.
    /// </summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromMilliseconds(500);

    private TimeSpan _replyWait = settings.ReplyWait;
    private long _replyBytesAtOpening;
    private Instant _waitingSince = Instant.Never;
    private bool _hasBegun;

    public override bool IsAwaitingAnswer => _hasBegun;

    public override int WaitingRequests => requests.Closed;

    public override SeqNumber Limit(in TargetProgress target, Instant now)
    {
        Deadline = Instant.Never;
        _hasBegun = false;
        while (requests.TryPeekClosed(out var boundary))
        {
            if (!TryPass(boundary, TimeSpan.Zero, target, now))
                return boundary.At;
            requests.Open();
        }
        return stream.End;
    }

    public override bool MayEnd(in ClientEnd end, in TargetProgress target, Instant now)
    {
        // A client that left without a word was no longer there for its answer: the target is given the time to begin with one all the same.
        var answer = end.Seen is null && requests.Captured > 0 ? 1 : requests.AnswerBefore(end.Seen);
        var received = target.ReplyBytes - _replyBytesAtOpening;
        var patience = end.Kind == ClientEndKind.Fin && answer - received > LikeEnough ? EndPatience : TimeSpan.Zero;
        return TryPass(new Boundary(end.At, answer), patience, target, now);
    }

    private bool TryPass(in Boundary boundary, TimeSpan patience, in TargetProgress target, Instant now)
    {
        if (target.Acknowledged < boundary.At)
            return false;
        // Nothing had been answered online, or nothing more will be here: a FIN ends the last answer.
        if (boundary.Answer == 0 || target.IsFinished || IsAnswered(boundary, target))
            return Pass(settings.ReplyWait, target);
        _waitingSince = Instant.Min(_waitingSince, now);
        _hasBegun = target.IsPushed && IsFresh(target);
        var settled = SettledAt(boundary, patience, target);
        if (now >= settled)
            return Pass(settings.ReplyWait, target);
        // A target that is still answering is not silent, however long the answer.
        var expiry = Instant.Max(_waitingSince, target.LastReplyAt) + (_replyWait > patience ? _replyWait : patience);
        if (now >= expiry)
        {
            ExpiredWaits++;
            return Pass(_replyWait / 2, target);
        }
        Deadline = Instant.Min(settled, expiry);
        return false;
    }

    private bool IsAnswered(in Boundary boundary, in TargetProgress target) =>
        target.ReplyBytes - _replyBytesAtOpening >= boundary.Answer && target.IsPushed && IsFresh(target);

    /// <summary>Bytes have come that the target sent after it had the whole request: not the tail of an earlier, longer answer.</summary>
    private static bool IsFresh(in TargetProgress target) => target.ReplyBytes > target.ReplyBytesAtAcknowledgement;

    private Instant SettledAt(in Boundary boundary, TimeSpan patience, in TargetProgress target)
    {
        var received = target.ReplyBytes - _replyBytesAtOpening;
        var looksFinished = received > 0 && target.IsPushed && IsFresh(target);
        if (received < boundary.Answer && !looksFinished)
            return Instant.Never;
        var silence = Longest(settings.Settle, 2 * target.RoundTrip, patience);
        return Instant.Max(target.LastReplyAt, target.AcknowledgedAt) + silence;
    }

    private bool Pass(TimeSpan nextWait, in TargetProgress target)
    {
        _replyWait = nextWait > settings.MinimumReplyWait ? nextWait : settings.MinimumReplyWait;
        _replyBytesAtOpening = target.ReplyBytes;
        _waitingSince = Instant.Never;
        return true;
    }

    private static TimeSpan Longest(TimeSpan one, TimeSpan other, TimeSpan third)
    {
        var longer = one > other ? one : other;
        return longer > third ? longer : third;
    }
}
