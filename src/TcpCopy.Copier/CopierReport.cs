using TcpCopy.Copier.Comparison;
using TcpCopy.Copier.Figures;
using TcpCopy.Core.Session;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Copier;

/// <summary>What a copier did from start to stop.</summary>
public sealed record CopierReport
{
    public required SessionFigures Sessions { get; init; }

    public required CaptureFigures Capture { get; init; }

    public required SendFigures Send { get; init; }

    /// <summary>Reply headers that came back for a live session, and those that came for none.</summary>
    public required long Replies { get; init; }

    public required long RepliesWithoutSession { get; init; }

    /// <summary>Payload bytes still leased when all sessions had ended: anything but 0 is a leak.</summary>
    public required long LeakedBytes { get; init; }

    /// <summary>How online host and target answered; null: nobody compared.</summary>
    public ComparisonFigures? Comparison { get; init; }

    /// <summary>From ready to stop.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Of two shards of one copier together.</summary>
    public static CopierReport operator +(CopierReport left, CopierReport right) => new()
    {
        Sessions = left.Sessions + right.Sessions,
        Capture = left.Capture + right.Capture,
        Send = left.Send + right.Send,
        Replies = left.Replies + right.Replies,
        RepliesWithoutSession = left.RepliesWithoutSession + right.RepliesWithoutSession,
        LeakedBytes = left.LeakedBytes + right.LeakedBytes,
        Comparison = left.Comparison is { } one && right.Comparison is { } other ? one + other : left.Comparison ?? right.Comparison,
        Elapsed = left.Elapsed > right.Elapsed ? left.Elapsed : right.Elapsed,
    };

    /// <summary>The counts of both by their key.</summary>
    internal static Dictionary<TKey, long> Sum<TKey>(IReadOnlyDictionary<TKey, long> left, IReadOnlyDictionary<TKey, long> right)
        where TKey : notnull =>
        left.Concat(right).GroupBy(count => count.Key, count => count.Value).ToDictionary(counts => counts.Key, counts => counts.Sum());
}

/// <summary>Sessions, and the requests and bytes they carried. Seen = ended + live; captured = acknowledged + lost over all that ended.</summary>
public sealed record SessionFigures
{
    public required long Seen { get; init; }

    public required long Live { get; init; }

    public required IReadOnlyDictionary<SessionOutcome, long> Ended { get; init; }

    /// <summary>Requests that were captured and never acknowledged whole by the target, by the outcome of their session.</summary>
    public required IReadOnlyDictionary<SessionOutcome, long> LostRequests { get; init; }

    public required IReadOnlyDictionary<SessionOutcome, long> LostBytes { get; init; }

    /// <summary>Of the sessions that have ended.</summary>
    public required SessionTally Sum { get; init; }

    /// <summary>Of the live ones.</summary>
    public LiveFigures Carried { get; init; }

    /// <summary>Requests that were captured: delivered + lost + in flight.</summary>
    public long RequestsSeen => Sum.RequestsCaptured + Carried.Sum.RequestsCaptured;

    /// <summary>Requests that the target has acknowledged whole, and that no more bytes can follow of.</summary>
    public long RequestsDelivered => Sum.RequestsAcknowledged + Carried.Sum.RequestsAcknowledged - Carried.RequestsUnsettled;

    /// <summary>Of the delivered ones, those that the target has answered.</summary>
    public long RequestsAnswered => Sum.RequestsAnswered + Carried.Sum.RequestsAnswered - Carried.AnswersUnsettled;

    /// <summary>Requests of live sessions that the target has not acknowledged whole.</summary>
    public long RequestsUnacknowledged => Carried.Sum.RequestsLost;

    /// <summary>Bytes that were captured: acknowledged + lost + in flight.</summary>
    public long BytesSeen => Sum.BytesCaptured + Carried.Sum.BytesCaptured;

    public long BytesDelivered => Sum.BytesAcknowledged + Carried.Sum.BytesAcknowledged;

    /// <summary>Bytes of live sessions that the target has not acknowledged.</summary>
    public long BytesUnacknowledged => Carried.Sum.BytesLost;

    /// <summary>Everything that all sessions have counted so far.</summary>
    public SessionTally Total => Sum + Carried.Sum;

    public static SessionFigures operator +(SessionFigures left, SessionFigures right) => new()
    {
        Seen = left.Seen + right.Seen,
        Live = left.Live + right.Live,
        Ended = CopierReport.Sum(left.Ended, right.Ended),
        LostRequests = CopierReport.Sum(left.LostRequests, right.LostRequests),
        LostBytes = CopierReport.Sum(left.LostBytes, right.LostBytes),
        Sum = left.Sum + right.Sum,
        Carried = left.Carried + right.Carried,
    };
}

/// <summary>What the capture delivered, and what of it could not be used.</summary>
/// <param name="Kernel">As libpcap reports them, over all devices.</param>
/// <param name="Segments">Frames that became segments.</param>
/// <param name="Truncated">Captured shorter than they were: never replayed.</param>
/// <param name="Fragments">IP fragments: not parsed as TCP.</param>
/// <param name="Malformed">Header lengths or options that contradict the packet.</param>
/// <param name="NotTcp">Other protocols that passed the filter.</param>
/// <param name="Unmatched">TCP that belongs to no transfer or to no session.</param>
/// <param name="MissedBeginnings">Clients' SYNs that the kernel counted and the capture lost.</param>
public sealed record CaptureFigures(
    CaptureStatistics Kernel, long Segments, long Truncated, long Fragments, long Malformed, long NotTcp, long Unmatched, long MissedBeginnings = 0)
{
    public static CaptureFigures operator +(CaptureFigures left, CaptureFigures right) => new(
        left.Kernel + right.Kernel, left.Segments + right.Segments, left.Truncated + right.Truncated, left.Fragments + right.Fragments,
        left.Malformed + right.Malformed, left.NotTcp + right.NotTcp, left.Unmatched + right.Unmatched,
        left.MissedBeginnings + right.MissedBeginnings);
}

/// <summary>What went out.</summary>
/// <param name="Packets">Packets that the kernel took.</param>
/// <param name="Bytes">Their bytes, IP headers included.</param>
/// <param name="Failures">Packets that the kernel refused, by errno name.</param>
/// <param name="PastIp">Of the packets, those that went straight to the link layer.</param>
public sealed record SendFigures(long Packets, long Bytes, IReadOnlyDictionary<string, long> Failures, long PastIp = 0)
{
    public static SendFigures Of(SendCounters counters) => new(counters.Packets, counters.Bytes, counters.FailuresByName(), counters.PacketsPastIp);

    public static SendFigures operator +(SendFigures left, SendFigures right) => new(
        left.Packets + right.Packets, left.Bytes + right.Bytes, CopierReport.Sum(left.Failures, right.Failures),
        left.PastIp + right.PastIp);
}
