using TcpCopy.Core.Session.Phases;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// One copied connection: reassembles the client's byte stream from captured segments and sends it to the target with a TCP of its own, on one
/// replica after another where the capture missed bytes or the target has closed. Three inputs, one output list, one deadline; it never sends,
/// never reads a clock, and allocates nothing in steady state.
/// </summary>
public sealed class ReplaySession
{
    private Phase _phase;
    private Instant _now;

    /// <param name="settings">Shared by all sessions of a target.</param>
    /// <param name="timestampOffset">
    /// Added to the milliseconds of <c>now</c> to give the TSval clock, which must not run back from one connection to the next on the same ports.
    /// </param>
    public ReplaySession(SessionSettings settings, uint timestampOffset) => _phase = new AwaitingSyn(settings, timestampOffset);

    /// <summary>When <see cref="OnWake"/> wants to be called next; <see cref="Instant.Never"/> when nothing is pending. Earlier calls do no harm.</summary>
    public Instant NextWake => _phase.Deadline;

    /// <summary>
    /// Set once, when the session has ended as far as accounting goes. A session that lost its replica while the client goes on has no outcome
    /// before the client ends, falls silent for the idle time-out, or <see cref="Abort"/>: what the client still sends is counted as lost.
    /// </summary>
    public SessionOutcome? Outcome => _phase.Outcome;

    /// <summary>True when the session may be forgotten: it has an outcome and no packet is left to answer (TIME-WAIT over).</summary>
    public bool IsClosed => _phase.IsClosed;

    /// <summary>
    /// The target, or the way there, did not answer for too long, or the session was shed a while ago, and the client goes on: when the session is aborted,
    /// what the client sends next may begin another.
    /// </summary>
    public bool IsGivenUp => _phase.IsGivenUp;

    public SessionTally Tally => _phase.Tally;

    /// <summary>
    /// What may have to be taken back of <see cref="Tally"/> (0 or less): the last request counts as acknowledged once all bytes captured of it are, but more
    /// may follow and be lost. Tally and correction together never run back.
    /// </summary>
    public SessionTally Correction => _phase.Correction;

    /// <summary>Payload bytes that the session holds leases of.</summary>
    public long BufferedBytes => _phase.BufferedBytes;

    /// <summary>Requests that are held back until the target has answered those before them.</summary>
    public int WaitingRequests => _phase.Replica?.Pacer.WaitingRequests ?? 0;

    public SessionPhase Phase => _phase.Name;

    /// <summary>How long the oldest byte that is held has been waiting for the target's acknowledgement; zero when none is.</summary>
    public TimeSpan HeldFor(Instant now) => _phase.Captured?.HeldFor(now) ?? TimeSpan.Zero;

    /// <summary>Smoothed round-trip time to the target; zero before it was measured, or without a replica.</summary>
    public TimeSpan RoundTrip => _phase.Replica?.Transmitter.RoundTrip ?? TimeSpan.Zero;

    /// <summary>Where the session stands.</summary>
    public SessionState Read(Instant now) => SessionState.Of(_phase, now);

    /// <summary>Takes over the caller's hold on <paramref name="segment"/>: it is released when it is of no more use, at once or later.</summary>
    public void OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        _now = now;
        _phase = _phase.OnSegment(segment, now, output);
    }

    public void OnReply(in ReplyHeader reply, Instant now, SessionOutput output)
    {
        _now = now;
        _phase = _phase.OnReply(reply, now, output);
    }

    public void OnWake(Instant now, SessionOutput output)
    {
        _now = now;
        _phase = _phase.OnWake(now, output);
    }

    /// <summary>
    /// The client has left without a word that the capture saw: its ports belong to another connection by now. What it sent is still delivered,
    /// and closed as if it had closed.
    /// </summary>
    public void OnClientGone(Instant now, SessionOutput output)
    {
        _now = now;
        _phase = _phase.OnClientGone(now, output);
    }

    /// <summary>
    /// The kernel refused a packet of this session with <paramref name="errno"/>; the RTO tries again. Tells send-error from no-syn-ack.
    /// </summary>
    public void OnSendFailed(int errno) => _phase.OnSendFailed();

    /// <summary>
    /// Gives the replica up for want of memory: resets it at the target and releases every lease. What the client still sends is counted as lost, and the
    /// outcome shed stands when it has ended, or the session is aborted because it is given up.
    /// </summary>
    public void Shed(Instant now, SessionOutput output)
    {
        _now = now;
        _phase = _phase.Shed(now, output);
    }

    /// <summary>
    /// Ends the session now with <paramref name="outcome"/> (stopped, shed, failed ...): resets the replica at the target, releases every lease.
    /// One that has an outcome keeps it; one that had lost its replica ends with the reason for that.
    /// </summary>
    public void Abort(SessionOutcome outcome, SessionOutput output) => _phase = _phase.Abort(outcome, _now, output);
}
