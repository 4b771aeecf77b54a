using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier;
using TcpCopy.Core.Session;

namespace TcpCopy.Cli.Views;

/// <summary>What a copier did, as it is shown and written.</summary>
internal sealed record CopierSummary : Summary
{
    public required double Seconds { get; init; }

    public required SessionPart Sessions { get; init; }

    public required RequestPart Requests { get; init; }

    public required BytePart Bytes { get; init; }

    public required CapturePart Capture { get; init; }

    public required SendPart Send { get; init; }

    public required ReplyPart Replies { get; init; }

    /// <summary>With own-IP mode alone: the copier's own tap on the target's answers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TapPart? Tap { get; init; }

    /// <summary>Where online host and target were compared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComparisonPart? Comparison { get; init; }

    /// <summary>Payload bytes still leased at the end: anything but 0 is a leak.</summary>
    public required long LeakedBytes { get; init; }

    protected override string Title => string.Create(CultureInfo.InvariantCulture, $"tcpcopy copier, {Seconds:0.0} s");

    public static CopierSummary Of(CopierReport report)
    {
        var sessions = report.Sessions;
        var (sum, kernel) = (sessions.Sum, report.Capture.Kernel);
        return new CopierSummary
        {
            Seconds = Math.Round(report.Elapsed.TotalSeconds, 3),
            Sessions = new SessionPart(sessions.Seen, sessions.Live, ByName(sessions.Ended), sum.Joined, sum.Reopened),
            Requests = new RequestPart(
                sum.RequestsCaptured, sum.RequestsAcknowledged, sum.RequestsAnswered, sum.RequestsLost, ByName(sessions.LostRequests)),
            Bytes = new BytePart(
                sum.BytesCaptured, sum.BytesAcknowledged, sum.ReplyBytes, sum.BytesLost, ByName(sessions.LostBytes), sum.ConflictingBytes),
            Capture = new CapturePart(
                kernel.Received, kernel.Dropped, kernel.DroppedByInterface, report.Capture.Segments, report.Capture.Truncated,
                report.Capture.Fragments, report.Capture.Malformed, report.Capture.NotTcp, report.Capture.Unmatched,
                report.Capture.MissedBeginnings),
            Send = new SendPart(
                report.Send.Packets, report.Send.PastIp, report.Send.Bytes, sum.SegmentsSent, sum.Retransmissions, sum.ReplyWaitsExpired,
                new SortedDictionary<string, long>(report.Send.Failures.ToDictionary(), StringComparer.Ordinal)),
            Replies = new ReplyPart(report.Replies, report.RepliesWithoutSession),
            Comparison = report.Comparison is { } comparison ? ComparisonParts.Of(comparison) : null,
            LeakedBytes = report.LeakedBytes,
        };
    }

    public override string ToJson() => JsonSerializer.Serialize(this, SummaryJson.Default.CopierSummary);

    protected override IEnumerable<SummaryRow> Rows() =>
    [
        SummaryRow.Of("sessions", "seen", Sessions.Seen),
        .. Each("sessions", Sessions.Ended),
        .. UnlessZero("sessions", "still live", Sessions.Live),
        .. UnlessZero("sessions", "joined at a request in mid-stream", Sessions.Joined),
        .. UnlessZero("sessions", "reopened after the target had closed", Sessions.Reopened),
        SummaryRow.Of("requests", "captured", Requests.Captured),
        SummaryRow.Of("requests", "acknowledged by the target", Requests.Acknowledged),
        SummaryRow.Of("requests", "answered by the target", Requests.Answered),
        SummaryRow.Of("requests", "lost", Requests.Lost),
        .. Each("requests", Requests.LostByCause, "lost: "),
        SummaryRow.Of("bytes", "captured", Bytes.Captured),
        SummaryRow.Of("bytes", "acknowledged by the target", Bytes.Acknowledged),
        SummaryRow.Of("bytes", "lost", Bytes.Lost),
        .. Each("bytes", Bytes.LostByCause, "lost: "),
        SummaryRow.Of("bytes", "sent back by the target", Bytes.Replies),
        .. UnlessZero("bytes", "repeated differently by clients", Bytes.Conflicting),
        SummaryRow.Of("capture", "packets received (libpcap)", Capture.Received),
        SummaryRow.Of("capture", "packets dropped (libpcap)", Capture.Dropped),
        SummaryRow.Of("capture", "packets dropped by the device", Capture.DroppedByInterface),
        .. UnlessZero("capture", "connections whose beginning was dropped", Capture.MissedBeginnings),
        .. UnlessZero("capture", "truncated, not replayed", Capture.Truncated),
        .. UnlessZero("capture", "fragments", Capture.Fragments),
        .. UnlessZero("capture", "malformed", Capture.Malformed),
        .. UnlessZero("capture", "not TCP", Capture.NotTcp),
        .. UnlessZero("capture", "of no transfer or session", Capture.Unmatched),
        SummaryRow.Of("send", "packets", Send.Packets),
        .. UnlessZero("send", "of them past IP", Send.PastIp),
        SummaryRow.Of("send", "bytes", Send.Bytes),
        SummaryRow.Of("send", "retransmissions", Send.Retransmissions),
        .. UnlessZero("send", "boundaries passed without an answer", Send.ReplyWaitsExpired),
        .. Each("send", Send.Failures, "refused by the kernel: "),
        SummaryRow.Of("replies", "taken for a session", Replies.Received),
        .. UnlessZero("replies", "for no session", Replies.WithoutSession),
        .. TapRows(),
        .. ProcessRows(),
        .. UnlessZero("process", "bytes leaked", LeakedBytes),
    ];

    private SummaryRow[] TapRows() =>
        Tap is null ? [] : [SummaryRow.Of("tap", "frames", Tap.Frames), SummaryRow.Of("tap", "dropped (libpcap)", Tap.Dropped)];

    private static SortedDictionary<string, long> ByName(IReadOnlyDictionary<SessionOutcome, long> counts) =>
        new(counts.Where(pair => pair.Value != 0).ToDictionary(pair => ApiName.Of(pair.Key), pair => pair.Value), StringComparer.Ordinal);

    private static IEnumerable<SummaryRow> Each(string group, IReadOnlyDictionary<string, long> counts, string prefix = "") =>
        counts.Select(pair => SummaryRow.Of(group, prefix + pair.Key, pair.Value));

    private static SummaryRow[] UnlessZero(string group, string name, long value) => value == 0 ? [] : [SummaryRow.Of(group, name, value)];
}
