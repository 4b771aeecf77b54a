namespace TcpCopy.Contracts.Api;

/// <summary>A node at one moment: what <c>status</c> shows and <c>top</c> makes rates of.</summary>
public sealed record NodeStatus
{
    public required string Role { get; init; }

    public required string Version { get; init; }

    /// <summary>Null: it does its work; else what keeps it from it.</summary>
    public string? Obstacle { get; init; }

    /// <summary>When it was started, by the wall clock that it had then: never changes, and tells one run from the next.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Seconds since then, by a clock that nobody sets.</summary>
    public required double Uptime { get; init; }

    public required ProcessPart Process { get; init; }

    /// <summary>Resident at this moment.</summary>
    public required long MemoryBytes { get; init; }

    public required IReadOnlyList<ClusterMember> Nodes { get; init; }

    public CopierStatus? Copier { get; init; }

    public InterceptorStatus? Interceptor { get; init; }
}

/// <summary>A copier's books while it copies.</summary>
public sealed record CopierStatus
{
    public required SessionPart Sessions { get; init; }

    public required RequestStatus Requests { get; init; }

    public required ByteStatus Bytes { get; init; }

    public required CapturePart Capture { get; init; }

    public required SendPart Send { get; init; }

    public required ReplyPart Replies { get; init; }

    /// <summary>By "target" and "online".</summary>
    public required IReadOnlyDictionary<string, TimePart> RoundTrip { get; init; }

    /// <summary>By "target".</summary>
    public required IReadOnlyDictionary<string, TimePart> FirstReply { get; init; }

    public required MemoryFigures Memory { get; init; }

    public required IReadOnlyList<LinkFigures> Links { get; init; }
}

/// <param name="Seen">The sum of <paramref name="Acknowledged"/>, <paramref name="Lost"/> and <paramref name="InFlight"/>.</param>
/// <param name="Acknowledged">By the target, as far as they were captured.</param>
/// <param name="Answered">Acknowledged, and the target sent something back.</param>
/// <param name="Lost">Of sessions that have ended.</param>
/// <param name="InFlight">Of live sessions, not acknowledged yet.</param>
/// <param name="LostByCause">By the outcome of their session.</param>
public sealed record RequestStatus(
    long Seen, long Acknowledged, long Answered, long Lost, long InFlight, IReadOnlyDictionary<string, long> LostByCause);

/// <param name="Seen">The sum of <paramref name="Acknowledged"/>, <paramref name="Lost"/> and <paramref name="InFlight"/>.</param>
/// <param name="Acknowledged">By the target.</param>
/// <param name="Lost">Of sessions that have ended.</param>
/// <param name="InFlight">Of live sessions, not acknowledged yet.</param>
/// <param name="LostByCause">By the outcome of their session.</param>
/// <param name="Replies">What the target sent back.</param>
public sealed record ByteStatus(
    long Seen, long Acknowledged, long Lost, long InFlight, IReadOnlyDictionary<string, long> LostByCause, long Replies);

/// <summary>Times since the node was started, in seconds; null when there were none.</summary>
/// <param name="Count">How many were measured.</param>
/// <param name="Buckets">How many in each bucket of the histogram, for those who want those of a while.</param>
public sealed record TimePart(long Count, double? Mean, double? P50, double? P90, double? P99, IReadOnlyList<long> Buckets);

/// <summary>An interceptor's figures while it runs.</summary>
public sealed record InterceptorStatus(TapPart Tap, RoutePart Replies, int Flows, IReadOnlyList<ServedCopierStatus> Copiers);

/// <summary>One copier at an interceptor.</summary>
public sealed record ServedCopierStatus(string Node, long Flows, long Replies, long Batches, bool IsServed);
