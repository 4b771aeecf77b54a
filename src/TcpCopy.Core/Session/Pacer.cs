using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>How far the target has come, as a pacer sees it.</summary>
/// <param name="Acknowledged">First position of the client's stream that it has not acknowledged.</param>
/// <param name="AcknowledgedAt">When that moved last.</param>
/// <param name="ReplyBytes">Reply bytes that have come without a hole.</param>
/// <param name="ReplyBytesAtAcknowledgement"><paramref name="ReplyBytes"/> as they were when <paramref name="Acknowledged"/> moved last.</param>
/// <param name="LastReplyAt">When the last of these came.</param>
/// <param name="IsPushed">The last of them had PSH or FIN.</param>
/// <param name="IsFinished">The target's FIN has come.</param>
/// <param name="RoundTrip">Smoothed round-trip time to the target.</param>
internal readonly record struct TargetProgress(
    SeqNumber Acknowledged,
    Instant AcknowledgedAt,
    long ReplyBytes,
    long ReplyBytesAtAcknowledgement,
    Instant LastReplyAt,
    bool IsPushed,
    bool IsFinished,
    TimeSpan RoundTrip);

/// <summary>Decides how far the client's stream may be sent, and when its end may.</summary>
internal abstract class Pacer
{
    /// <summary>When time alone lets more go out.</summary>
    public Instant Deadline { get; protected set; } = Instant.Never;

    /// <summary>Waits that ran out without an answer.</summary>
    public long ExpiredWaits { get; protected set; }

    /// <summary>True when the next data waits for more of an answer that has begun: our ACK will not travel with data soon.</summary>
    public virtual bool IsAwaitingAnswer => false;

    /// <summary>Requests that are held back until the target has answered those before them.</summary>
    public virtual int WaitingRequests => 0;

    public static Pacer Create(SessionSettings settings, RequestLog requests, ClientStream stream) => settings.Pacing switch
    {
        PacingMode.Response => new ResponsePacer(settings, requests, stream),
        PacingMode.Timing => new TimingPacer(stream),
        _ => new FreePacer(stream),
    };

    /// <summary>The replica begins at <paramref name="now"/> with what was captured then: what ties capture time to the session clock.</summary>
    public virtual void OnBegin(SeqNumber first, Instant capturedAt, Instant now)
    {
    }

    /// <summary>Position before which the client's stream may be sent. Sets <see cref="Deadline"/>.</summary>
    public abstract SeqNumber Limit(in TargetProgress target, Instant now);

    /// <summary>Whether the client's FIN or RST may follow; asked once all data is acknowledged. Sets <see cref="Deadline"/>.</summary>
    public abstract bool MayEnd(in ClientEnd end, in TargetProgress target, Instant now);
}

/// <summary>Everything as soon as the window allows.</summary>
internal sealed class FreePacer(ClientStream stream) : Pacer
{
    public override SeqNumber Limit(in TargetProgress target, Instant now) => stream.End;

    public override bool MayEnd(in ClientEnd end, in TargetProgress target, Instant now) => true;
}
