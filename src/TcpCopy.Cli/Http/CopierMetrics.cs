using System.Globalization;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier;
using TcpCopy.Core.Session;
using static TcpCopy.Cli.Http.MetricDefinition;

namespace TcpCopy.Cli.Http;

/// <summary>The metrics of a copier.</summary>
internal static class CopierMetrics
{
    private static readonly SessionOutcome[] Outcomes = Enum.GetValues<SessionOutcome>();

    public static IReadOnlyList<MetricDefinition> All { get; } =
    [
        .. OfSessions(), .. OfRequests(), .. OfBytes(), .. OfTheWayIn(), .. OfTheWayOut(), .. OfTimes(), .. OfTheNode(),
    ];

    private static MetricDefinition[] OfSessions() =>
    [
        Counter("tcpcopy_sessions_seen_total", "Captured sessions: ended + live.", copier => copier.Report.Sessions.Seen),
        Of("tcpcopy_sessions_ended_total", MetricKind.Counter, "outcome", "Sessions that have ended, by how.",
            copier => ByCause("outcome", copier.Report.Sessions.Ended)),
        Gauge("tcpcopy_sessions_live", "Sessions that have not ended.", copier => copier.Report.Sessions.Live),
        Counter("tcpcopy_replicas_joined_total", "Replicas opened at a request in mid-stream.", copier => copier.Report.Sessions.Total.Joined),
        Counter("tcpcopy_replicas_reopened_total", "Replicas opened because the target had closed the one before.",
            copier => copier.Report.Sessions.Total.Reopened),
    ];

    private static MetricDefinition[] OfRequests() =>
    [
        Counter("tcpcopy_requests_seen_total", "Captured requests: delivered + lost + in flight.", copier => copier.Report.Sessions.RequestsSeen),
        Counter("tcpcopy_requests_delivered_total", "Requests that the target has acknowledged whole.",
            copier => copier.Report.Sessions.RequestsDelivered),
        Counter("tcpcopy_requests_answered_total", "Of the delivered ones, those that the target has answered.",
            copier => copier.Report.Sessions.RequestsAnswered),
        Of("tcpcopy_requests_lost_total", MetricKind.Counter, "cause", "Requests never acknowledged whole, by the outcome of their session.",
            copier => ByCause("cause", copier.Report.Sessions.LostRequests)),
        Of("tcpcopy_requests_in_flight", MetricKind.Gauge, "state",
            "Requests of live sessions: unacknowledged, or acknowledged as far as they were captured while more of them may follow.",
            copier =>
            [
                new Sample(copier.Report.Sessions.RequestsUnacknowledged, ("state", "unacknowledged")),
                new Sample(copier.Report.Sessions.Carried.RequestsUnsettled, ("state", "acknowledged")),
            ]),
    ];

    private static MetricDefinition[] OfBytes() =>
    [
        Counter("tcpcopy_bytes_seen_total", "Captured payload bytes: delivered + lost + in flight.", copier => copier.Report.Sessions.BytesSeen),
        Counter("tcpcopy_bytes_delivered_total", "Payload bytes that the target has acknowledged.", copier => copier.Report.Sessions.BytesDelivered),
        Of("tcpcopy_bytes_lost_total", MetricKind.Counter, "cause", "Payload bytes never acknowledged, by the outcome of their session.",
            copier => ByCause("cause", copier.Report.Sessions.LostBytes)),
        Gauge("tcpcopy_bytes_in_flight", "Payload bytes of live sessions that the target has not acknowledged.",
            copier => copier.Report.Sessions.BytesUnacknowledged),
        Counter("tcpcopy_bytes_conflicting_total", "Bytes that clients repeated with another content; the first copy counts.",
            copier => copier.Report.Sessions.Total.ConflictingBytes),
        Counter("tcpcopy_reply_bytes_total", "Payload bytes that the target has sent back.", copier => copier.Report.Sessions.Total.ReplyBytes),
    ];

    private static MetricDefinition[] OfTheWayIn() =>
    [
        Counter("tcpcopy_capture_packets_total", "Packets that passed the kernel's filter.", copier => copier.Report.Capture.Kernel.Received),
        Of("tcpcopy_capture_dropped_total", MetricKind.Counter, "by", "Packets that the capture missed: the kernel's buffer was full, or the device's.",
            copier =>
            [
                new Sample(copier.Report.Capture.Kernel.Dropped, ("by", "kernel")),
                new Sample(copier.Report.Capture.Kernel.DroppedByInterface, ("by", "device")),
            ]),
        Of("tcpcopy_capture_unusable_total", MetricKind.Counter, "reason", "Captured packets that are no part of a session.",
            copier => Unusable(copier.Report.Capture)),
        Counter("tcpcopy_segments_total", "Captured packets that went to a session.", copier => copier.Report.Capture.Segments),
        Of("tcpcopy_replies_total", MetricKind.Counter, "session", "Headers of the target's, for a live session or for none any more.",
            copier =>
            [
                new Sample(copier.Report.Replies, ("session", "live")),
                new Sample(copier.Report.RepliesWithoutSession, ("session", "none")),
            ]),
        Of("tcpcopy_link_up", MetricKind.Gauge, "interceptor", "1: the interceptor serves every shard, and is reachable.",
            copier => copier.Links.Select(link => new Sample(link.IsUp ? 1 : 0, ("interceptor", link.Node)))),
        Of("tcpcopy_link_batches_total", MetricKind.Counter, "interceptor", "Messages with replies.",
            copier => copier.Links.Select(link => new Sample(link.Batches, ("interceptor", link.Node)))),
        Of("tcpcopy_link_replies_total", MetricKind.Counter, "interceptor", "Replies in these messages.",
            copier => copier.Links.Select(link => new Sample(link.Replies, ("interceptor", link.Node)))),
        Of("tcpcopy_link_flows_held_total", MetricKind.Counter, "interceptor", "Beginnings and ends of flows that waited because the link was full.",
            copier => copier.Links.Select(link => new Sample(link.FlowsHeld, ("interceptor", link.Node)))),
    ];

    private static MetricDefinition[] OfTheWayOut() =>
    [
        Counter("tcpcopy_send_packets_total", "Packets that the kernel took.", copier => copier.Report.Send.Packets),
        Counter("tcpcopy_send_past_ip_total", "Of these, packets that went straight to the link layer.", copier => copier.Report.Send.PastIp),
        Counter("tcpcopy_send_bytes_total", "Bytes of all packets, IP headers included.", copier => copier.Report.Send.Bytes),
        Of("tcpcopy_send_errors_total", MetricKind.Counter, "errno", "Packets that the kernel refused; their sessions send them again.",
            copier => copier.Report.Send.Failures.OrderBy(failure => failure.Key, StringComparer.Ordinal)
                .Select(failure => new Sample(failure.Value, ("errno", failure.Key)))),
        Counter("tcpcopy_segments_sent_total", "Segments that sessions made, acknowledgements included.",
            copier => copier.Report.Sessions.Total.SegmentsSent),
        Counter("tcpcopy_retransmissions_total", "Of these, repetitions.", copier => copier.Report.Sessions.Total.Retransmissions),
        Counter("tcpcopy_reply_waits_expired_total", "Requests that went out because reply-wait ran out.",
            copier => copier.Report.Sessions.Total.ReplyWaitsExpired),
    ];

    private static MetricDefinition[] OfTimes() =>
    [
        Of("tcpcopy_round_trip_seconds", MetricKind.Histogram, "side",
            "target: from a replica's SYN to its answer, by way of the interceptor; with `compare` less its wait at the tap. "
                + "online: from SYN-ACK to the client's first data.",
            copier => Buckets("target", copier.TargetRoundTrip).Concat(Buckets("online", copier.OnlineRoundTrip))),
        Of("tcpcopy_first_reply_seconds", MetricKind.Histogram, "side",
            "From the last new byte of a request to the first byte of its answer, by way of the interceptor; with `compare` less its wait at the tap.",
            copier => Buckets("target", copier.TargetFirstReply)),
    ];

    private static MetricDefinition[] OfTheNode() =>
    [
        Gauge("tcpcopy_memory_used_bytes", "What sessions hold: payload, and 4 KiB for each session.", copier => copier.Memory.Used),
        Gauge("tcpcopy_memory_budget_bytes", "What they may hold: max-memory.", copier => copier.Memory.Budget),
        Gauge("tcpcopy_leased_bytes", "Payload that is held until the target has acknowledged it.", copier => copier.Memory.Leased),
        Of("tcpcopy_actors", MetricKind.Gauge, "kind", "Actors: sessions (those that still answer a repeated FIN included), open captures, links.",
            copier =>
            [
                new Sample(copier.Actors.Sessions, ("kind", "session")),
                new Sample(copier.Actors.Captures, ("kind", "capture")),
                new Sample(copier.Links.Count, ("kind", "link")),
            ]),
        Gauge("tcpcopy_mailbox_depth", "Mailboxes with work that waited for their turn when the figures were read.", copier => copier.Actors.MailboxRuns),
    ];

    /// <summary>Every outcome, so that its first occurrence shows as an increase.</summary>
    private static IEnumerable<Sample> ByCause(string label, IReadOnlyDictionary<SessionOutcome, long> counts) =>
        Outcomes.Select(outcome => new Sample(counts.GetValueOrDefault(outcome), (label, ApiName.Of(outcome))));

    private static Sample[] Unusable(CaptureFigures capture) =>
    [
        new(capture.Truncated, ("reason", "truncated")),
        new(capture.Fragments, ("reason", "fragment")),
        new(capture.Malformed, ("reason", "malformed")),
        new(capture.NotTcp, ("reason", "not-tcp")),
        new(capture.Unmatched, ("reason", "unmatched")),
    ];

    /// <summary>Cumulative counts by "le", then the sum, then the count, which have no "le" of their own.</summary>
    private static IEnumerable<Sample> Buckets(string side, LatencyFigures times)
    {
        var below = 0L;
        for (var bucket = 0; bucket < times.Counts.Count; bucket++)
        {
            var bound = bucket < LatencyFigures.Bounds.Count
                ? LatencyFigures.Bounds[bucket].TotalSeconds.ToString(CultureInfo.InvariantCulture)
                : "+Inf";
            yield return new Sample(below += times.Counts[bucket], ("side", side), ("le", bound));
        }
        yield return new Sample(times.Sum.TotalSeconds, ("side", side), (MetricExport.Part, MetricExport.Sum));
        yield return new Sample(below, ("side", side), (MetricExport.Part, MetricExport.Count));
    }
}
