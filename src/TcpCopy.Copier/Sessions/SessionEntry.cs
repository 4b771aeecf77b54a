using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>A live session as the table knows it.</summary>
/// <param name="Id">What replies to its replica carry.</param>
/// <param name="Captured">The connection as the online host sees it.</param>
/// <param name="Replica">The connection as the target sees it.</param>
/// <param name="InitialSequence">
/// Of the client's SYN: tells a repeated SYN from a new session on the same ports. Null for one joined in mid-stream: every SYN is a new one.
/// </param>
internal sealed record SessionEntry(FlowId Id, FlowKey Captured, FlowKey Replica, SeqNumber? InitialSequence)
{
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>The session of the client's next connection on the same ports, which begins when this one's replica is closed.</summary>
    public IActorRef Successor { get; set; } = ActorRefs.Nobody;

    /// <summary>Interceptors know the replica.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>A SYN of the client's next connection was captured: what comes from then on is that one's, also while it has no session yet.</summary>
    public bool IsSucceeded { get; private set; }

    /// <summary>Whether a captured segment is this session's, and not of a later connection on the same ports.</summary>
    public bool Takes(Segment segment)
    {
        if (segment.Flags.Has(TcpFlags.Syn) && segment.Origin == SegmentOrigin.Client && segment.Sequence != InitialSequence)
            IsSucceeded = true;
        return !IsSucceeded;
    }
}
