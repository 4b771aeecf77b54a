namespace TcpCopy.Contracts.Api;

/// <param name="Seen">Captured sessions; the sum of <paramref name="Ended"/> and <paramref name="Live"/>.</param>
/// <param name="Live">Not ended when the figures were made.</param>
/// <param name="Ended">By outcome.</param>
/// <param name="Joined">Replicas opened at a request in mid-stream: where no SYN was seen, or behind a gap of the capture.</param>
/// <param name="Reopened">Replicas opened because the target had closed the one before while the client went on.</param>
public sealed record SessionPart(long Seen, long Live, IReadOnlyDictionary<string, long> Ended, long Joined, long Reopened);

/// <param name="Captured">The sum of <paramref name="Acknowledged"/> and <paramref name="Lost"/>.</param>
/// <param name="Acknowledged">The target acknowledged every byte.</param>
/// <param name="Answered">Acknowledged, and the target sent something back.</param>
/// <param name="Lost">The rest.</param>
/// <param name="LostByCause">By the outcome of their session.</param>
public sealed record RequestPart(long Captured, long Acknowledged, long Answered, long Lost, IReadOnlyDictionary<string, long> LostByCause);

/// <param name="Captured">The sum of <paramref name="Acknowledged"/> and <paramref name="Lost"/>.</param>
/// <param name="Acknowledged">By the target.</param>
/// <param name="Replies">What the target sent back.</param>
/// <param name="Lost">The rest.</param>
/// <param name="LostByCause">By the outcome of their session.</param>
/// <param name="Conflicting">Repeated by clients with other content.</param>
public sealed record BytePart(
    long Captured, long Acknowledged, long Replies, long Lost, IReadOnlyDictionary<string, long> LostByCause, long Conflicting);

/// <param name="Received">By libpcap, past the kernel's filter.</param>
/// <param name="Dropped">By libpcap: the kernel's buffer was full.</param>
/// <param name="DroppedByInterface">By the device.</param>
/// <param name="Segments">Became segments.</param>
/// <param name="Truncated">Captured shorter than they were.</param>
/// <param name="Fragments">IP fragments.</param>
/// <param name="Malformed">Contradict themselves.</param>
/// <param name="NotTcp">Other protocols.</param>
/// <param name="Unmatched">Of no transfer or session.</param>
/// <param name="MissedBeginnings">Clients' SYNs among those that were dropped: connections that began and were not seen to.</param>
public sealed record CapturePart(
    long Received, long Dropped, long DroppedByInterface, long Segments, long Truncated, long Fragments, long Malformed, long NotTcp, long Unmatched,
    long MissedBeginnings = 0);

/// <param name="Packets">That the kernel took.</param>
/// <param name="PastIp">Of those, that went straight to the link layer.</param>
/// <param name="Bytes">Of all of them.</param>
/// <param name="Segments">That sessions made.</param>
/// <param name="Retransmissions">Among them.</param>
/// <param name="ReplyWaitsExpired">Boundaries passed because the target did not answer in time.</param>
/// <param name="Failures">Refused by the kernel, by errno name.</param>
public sealed record SendPart(
    long Packets, long PastIp, long Bytes, long Segments, long Retransmissions, long ReplyWaitsExpired, IReadOnlyDictionary<string, long> Failures);

/// <param name="Received">For a live session.</param>
/// <param name="WithoutSession">For none.</param>
public sealed record ReplyPart(long Received, long WithoutSession);
