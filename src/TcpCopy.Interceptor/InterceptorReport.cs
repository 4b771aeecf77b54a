namespace TcpCopy.Interceptor;

/// <summary>
/// What an interceptor did. The sums reconcile: <see cref="Frames"/> = <see cref="Replies"/> + <see cref="NotReplies"/>, and
/// <see cref="Replies"/> = <see cref="Routed"/> + <see cref="Expired"/> + <see cref="Waiting"/> + <see cref="Orphaned"/>.
/// </summary>
public sealed record InterceptorReport
{
    /// <summary>Frames that the tap handed over.</summary>
    public long Frames { get; init; }

    /// <summary>TCP headers of the target among them.</summary>
    public long Replies { get; init; }

    /// <summary>Frames that are no whole TCP header: malformed, fragments.</summary>
    public long NotReplies { get; init; }

    /// <summary>Replies sent on to a copier, those that waited first included.</summary>
    public long Routed { get; init; }

    /// <summary>Replies that came before the registration of their flow and had to wait.</summary>
    public long Held { get; init; }

    /// <summary>Replies of flows that no copier registered in time.</summary>
    public long Expired { get; init; }

    /// <summary>Of <see cref="Expired"/>, those given up before their time because too many waited.</summary>
    public long Displaced { get; init; }

    /// <summary>Replies that still waited at the end.</summary>
    public long Waiting { get; init; }

    /// <summary>Replies to replicas of a copier that is gone, answered with a reset.</summary>
    public long Orphaned { get; init; }

    /// <summary>Replicas of copiers that are gone which were reset at the target.</summary>
    public long Resets { get; init; }

    /// <summary>Resets of replicas by real clients, which the target's answers must have reached.</summary>
    public long Escaped { get; init; }

    /// <summary>Remote messages that the replies were sent in.</summary>
    public long Batches { get; init; }

    /// <summary>Of <see cref="Batches"/>, those that were dropped because their copier's link was full.</summary>
    public long BatchesDropped { get; init; }

    /// <summary>Flows registered at this moment.</summary>
    public int LiveFlows { get; init; }

    /// <summary>Flows that two copiers claimed at once: the same client reached both online hosts from one port.</summary>
    public long Collisions { get; init; }

    /// <summary>Frames that the tap lost because its kernel buffer was full.</summary>
    public long TapDropped { get; init; }

    /// <summary>The copiers that were ever served, by node; those of long ago are one row.</summary>
    public IReadOnlyList<ServedCopier> Copiers { get; init; } = [];
}

/// <summary>One copier's share.</summary>
/// <param name="Node">Its address in the cluster; "earlier": many together.</param>
/// <param name="Flows">Flows that it registered.</param>
/// <param name="Replies">Replies sent to it.</param>
/// <param name="Batches">Messages that they were sent in.</param>
/// <param name="IsServed">It is linked at this moment.</param>
public sealed record ServedCopier(string Node, long Flows, long Replies, long Batches = 0, bool IsServed = false);
