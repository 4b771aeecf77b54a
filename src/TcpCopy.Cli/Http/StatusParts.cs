using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Figures;

namespace TcpCopy.Cli.Http;

/// <summary>Makes of a node's books the status that it shows.</summary>
internal static class StatusParts
{
    public static async Task<NodeStatus> ReadAsync(NodeFace face, CancellationToken cancel)
    {
        var figures = await face.ReadAsync(cancel).ConfigureAwait(false);
        return new NodeStatus
        {
            Role = face.Role,
            Version = typeof(NodeStatus).Assembly.GetName().Version?.ToString(3) ?? "",
            Obstacle = figures.Obstacle,
            StartedAt = face.StartedAt,
            Uptime = Math.Round(face.Uptime.TotalSeconds, 3),
            Process = figures.Process,
            MemoryBytes = figures.MemoryBytes,
            Nodes = figures.Members,
            Copier = figures.Copier is { } copier ? Of(copier) : null,
            Interceptor = figures.Interceptor is { } interceptor ? Of(interceptor) : null,
        };
    }

    public static CopierStatus Of(CopierFigures figures)
    {
        var books = figures.Report.Sessions;
        // What is final and what is still carried are shown together; parts that need no distinction are the summary's.
        var summary = CopierSummary.Of(figures.Report with { Sessions = books with { Sum = books.Total }, Comparison = null });
        return new CopierStatus
        {
            Sessions = summary.Sessions,
            Requests = new RequestStatus(
                books.RequestsSeen, books.RequestsDelivered + books.Carried.RequestsUnsettled, books.RequestsAnswered + books.Carried.AnswersUnsettled,
                books.LostRequests.Values.Sum(), books.RequestsUnacknowledged, summary.Requests.LostByCause),
            Bytes = new ByteStatus(
                books.BytesSeen, books.BytesDelivered, books.LostBytes.Values.Sum(), books.BytesUnacknowledged, summary.Bytes.LostByCause,
                books.Total.ReplyBytes),
            Capture = summary.Capture,
            Send = summary.Send,
            Replies = summary.Replies,
            RoundTrip = new Dictionary<string, TimePart>
            {
                ["target"] = Of(figures.TargetRoundTrip),
                ["online"] = Of(figures.OnlineRoundTrip),
            },
            FirstReply = new Dictionary<string, TimePart> { ["target"] = Of(figures.TargetFirstReply) },
            Memory = figures.Memory,
            Links = figures.Links,
        };
    }

    private static TimePart Of(LatencyFigures times) => new(
        times.Count, times.Count == 0 ? null : times.Sum.TotalSeconds / times.Count, Seconds(times, 0.5), Seconds(times, 0.9), Seconds(times, 0.99),
        times.Counts);

    private static InterceptorStatus Of(Interceptor.InterceptorReport report)
    {
        var summary = InterceptorSummary.Of(report);
        return new InterceptorStatus(
            summary.Tap, summary.Replies, report.LiveFlows,
            [.. report.Copiers.Select(copier => new ServedCopierStatus(copier.Node, copier.Flows, copier.Replies, copier.Batches, copier.IsServed))]);
    }

    private static double? Seconds(LatencyFigures times, double share) => times.Percentile(share)?.TotalSeconds;
}
