using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>Where a session stands. Each input returns the phase that the session is in afterwards.</summary>
internal abstract class Phase
{
    public virtual Instant Deadline => Instant.Never;

    public virtual SessionOutcome? Outcome => null;

    public virtual bool IsClosed => false;

    public virtual bool IsDelivered => false;

    public virtual SessionTally Tally => default;

    public virtual long BufferedBytes => 0;

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
