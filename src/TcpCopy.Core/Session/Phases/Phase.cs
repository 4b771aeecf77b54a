using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>Where a session stands. Each input returns the phase that the session is in afterwards.</summary>
internal abstract class Phase
{
    public virtual Instant Deadline => Instant.Never;

    public virtual SessionOutcome? Outcome => null;

    public virtual bool IsClosed => false;

    /// <summary>
    /// There is no replica any more because the target, the way there, or room for what it held was gone; all may be back, and the client goes on.
    /// </summary>
    public virtual bool IsGivenUp => false;

    public virtual SessionTally Tally => Replica?.Tally ?? default;

    /// <summary>What may have to be taken back of <see cref="Tally"/>: the last request, while more bytes of it may follow and be lost.</summary>
    public virtual SessionTally Correction => Replica?.Requests.Correction ?? default;

    /// <summary>The connection to the target that there is at this moment.</summary>
    public virtual Replica? Replica => null;

    /// <summary>What was captured of the client; null before anything was.</summary>
    public virtual CapturedClient? Captured => Replica?.Client;

    /// <summary>As people are told it.</summary>
    public abstract SessionPhase Name { get; }

    public long BufferedBytes => Captured?.Stream.BufferedBytes ?? 0;

    public virtual Phase OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        segment.Release();
        return this;
    }

    public virtual Phase OnReply(in ReplyHeader reply, Instant now, SessionOutput output) => this;

    public virtual Phase OnWake(Instant now, SessionOutput output) => this;

    public virtual Phase OnClientGone(Instant now, SessionOutput output) => this;

    public virtual void OnSendFailed()
    {
    }

    public virtual Phase Shed(Instant now, SessionOutput output) => this;

    public virtual Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => this;
}
