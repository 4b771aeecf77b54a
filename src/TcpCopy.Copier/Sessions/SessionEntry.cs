using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Figures;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>A live session as the table knows it.</summary>
/// <param name="id">What replies to its replica carry.</param>
/// <param name="captured">The connection as the online host sees it.</param>
/// <param name="replica">The connection as the target sees it.</param>
/// <param name="initialSequence">
/// Of the client's SYN: tells a repeated SYN from a new session on the same ports. Null for one joined in mid-stream: every SYN is a new one.
/// </param>
internal sealed class SessionEntry(FlowId id, FlowKey captured, FlowKey replica, SeqNumber? initialSequence)
{
    public FlowId Id => id;

    public FlowKey Captured => captured;

    public FlowKey Replica => replica;

    /// <summary>Nobody when it is over: the actor may have another session then.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>The session of the client's next connection on the same ports, which begins when this one's replica is closed.</summary>
    public SessionEntry? Successor { get; set; }

    /// <summary>Interceptors know the replica.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>When its first SYN went out.</summary>
    public Instant OpenedAt { get; set; } = Instant.Never;

    /// <summary>A reply to its replica has come.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>A SYN of the client's next connection was captured: what comes from then on is that one's, also while it has no session yet.</summary>
    public bool IsSucceeded { get; private set; }

    /// <summary>What its actor drives; for those on the same loop who only look.</summary>
    public ReplaySession? Session { get; set; }

    public Instant BegunAt { get; init; }

    /// <summary>Its share in the books.</summary>
    public LiveFigures Reported { get; set; }

    /// <summary>Its place among <see cref="ChangedSessions"/>.</summary>
    public bool IsChanged { get; set; }

    public SessionEntry? ChangedBefore { get; set; }

    public SessionEntry? ChangedAfter { get; set; }

    /// <summary>Whether a captured segment is this session's, and not of a later connection on the same ports.</summary>
    public bool Takes(Segment segment)
    {
        if (segment.Flags.Begins() && segment.Origin == SegmentOrigin.Client && segment.Sequence != initialSequence)
            IsSucceeded = true;
        return !IsSucceeded;
    }
}
