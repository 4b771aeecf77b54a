using TcpCopy.Core.Session.Phases;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>What a session does at a moment.</summary>
public enum SessionPhase : byte
{
    /// <summary>Nothing has been seen of the client yet.</summary>
    AwaitingSyn,

    /// <summary>The replica's SYN is on its way.</summary>
    Handshake,

    /// <summary>The replica is open.</summary>
    Connected,

    /// <summary>Both sides have closed; a repeated FIN is still answered.</summary>
    TimeWait,

    /// <summary>There is no replica; the client's next request gets a fresh one.</summary>
    Joining,

    /// <summary>There is no replica any more; what the client still sends is counted and lost.</summary>
    Discarding,

    Closed,
}

/// <summary>
/// Where one session stands at one moment, for people to look at. Positions are sequence numbers: the client's, and the target's for replies.
/// </summary>
public sealed record SessionState
{
    public required SessionPhase Phase { get; init; }

    public SessionOutcome? Outcome { get; init; }

    public required SessionTally Tally { get; init; }

    /// <summary>Payload bytes that are held until the target has acknowledged them.</summary>
    public long BufferedBytes { get; init; }

    /// <summary>How long the oldest of them has been here.</summary>
    public TimeSpan HeldFor { get; init; }

    /// <summary>The capture has missed bytes that are still waited for.</summary>
    public bool HasGap { get; init; }

    /// <summary>How the client has closed: open, fin or reset.</summary>
    public string Client { get; init; } = "open";

    /// <summary>The connection to the target; null when there is none.</summary>
    public ReplicaState? Replica { get; init; }

    internal static SessionState Of(Phase phase, Instant now) => new()
    {
        Phase = phase.Name,
        Outcome = phase.Outcome,
        Tally = phase.Tally,
        BufferedBytes = phase.BufferedBytes,
        HeldFor = phase.Captured?.HeldFor(now) ?? TimeSpan.Zero,
        HasGap = phase.Captured?.HasGap ?? false,
        Client = phase.Captured?.End.Kind switch
        {
            ClientEndKind.Fin => "fin",
            ClientEndKind.Reset => "reset",
            _ => "open",
        },
        Replica = phase.Replica is { } replica ? ReplicaState.Of(replica) : null,
    };
}

/// <summary>One connection to the target at one moment.</summary>
/// <param name="Captured">Behind the last byte of the client's that has all bytes before it.</param>
/// <param name="Sent">Behind the last byte ever sent.</param>
/// <param name="Acknowledged">The first that the target has not acknowledged.</param>
/// <param name="ReplyNext">The next that is expected of the target.</param>
/// <param name="TargetWindow">Bytes that the target takes beyond <paramref name="Acknowledged"/>.</param>
/// <param name="CongestionWindow">Bytes that may be in flight; 0: no window is kept.</param>
/// <param name="RoundTrip">Smoothed; zero before it was measured.</param>
/// <param name="RetransmissionTimeout">With back-off.</param>
/// <param name="IsTargetClosed">The target's FIN has come.</param>
public sealed record ReplicaState(
    uint Captured, uint Sent, uint Acknowledged, uint ReplyNext, int TargetWindow, int CongestionWindow, TimeSpan RoundTrip,
    TimeSpan RetransmissionTimeout, bool IsTargetClosed)
{
    internal static ReplicaState Of(Replica replica) => new(
        replica.Stream.End.Value, replica.Transmitter.Sent.Value, replica.Transmitter.Acknowledged.Value, replica.Replies.Next.Value,
        replica.Transmitter.TargetWindow, replica.Transmitter.CongestionWindow, replica.Transmitter.RoundTrip,
        replica.Transmitter.RetransmissionTimeout, replica.Replies.IsFinished);
}
