using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// One replica: reassembles the client's byte stream from captured segments and sends it to the target with a TCP of its own. Three inputs,
/// one output list, one deadline; it never sends, never reads a clock, and allocates nothing in steady state.
/// </summary>
public sealed class ReplaySession
{
    /// <param name="settings">Shared by all sessions of a target.</param>
    /// <param name="timestampOffset">Start of this replica's own TSval clock (RFC 7323 section 5.4 wants it unrelated between connections).</param>
    public ReplaySession(SessionSettings settings, uint timestampOffset) => throw new NotImplementedException();

    /// <summary>When <see cref="OnWake"/> wants to be called next; <see cref="Instant.Never"/> when nothing is pending.</summary>
    public Instant NextWake { get; }

    /// <summary>Set once, when the session has ended as far as accounting goes.</summary>
    public SessionOutcome? Outcome { get; }

    /// <summary>True when the session may be forgotten: it has an outcome and no packet is left to answer (TIME-WAIT over).</summary>
    public bool IsClosed { get; }

    public SessionTally Tally { get; }

    /// <summary>Payload bytes that the session holds leases of.</summary>
    public long BufferedBytes { get; }

    /// <summary>Takes over the caller's hold on <paramref name="segment"/>: it is released when it is of no more use, at once or later.</summary>
    public void OnSegment(Segment segment, Instant now, SessionOutput output) => throw new NotImplementedException();

    public void OnReply(in ReplyHeader reply, Instant now, SessionOutput output) => throw new NotImplementedException();

    public void OnWake(Instant now, SessionOutput output) => throw new NotImplementedException();

    /// <summary>The kernel refused a packet of this session with <paramref name="errno"/>; the RTO tries again. Tells send-error from reply-timeout.</summary>
    public void OnSendFailed(int errno) => throw new NotImplementedException();

    /// <summary>Ends the session now with <paramref name="outcome"/> (stopped, shed, failed ...): resets the replica at the target, releases every lease.</summary>
    public void Abort(SessionOutcome outcome, SessionOutput output) => throw new NotImplementedException();
}
