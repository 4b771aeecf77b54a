using System.Text.Json;
using TcpCopy.Contracts.Api;
using TcpCopy.Interceptor;

namespace TcpCopy.Cli.Views;

/// <summary>What an interceptor did, as it is shown and written.</summary>
internal sealed record InterceptorSummary : Summary
{
    public required TapPart Tap { get; init; }

    public required RoutePart Replies { get; init; }

    public required IReadOnlyList<CopierPart> Copiers { get; init; }

    protected override string Title => "tcpcopy interceptor";

    public static InterceptorSummary Of(InterceptorReport report) => new()
    {
        Tap = new TapPart(report.Frames, report.NotReplies, report.TapDropped),
        Replies = new RoutePart(
            report.Replies, report.Routed, report.Held, report.Expired, report.Displaced, report.Waiting, report.Orphaned, report.Batches,
            report.BatchesDropped, report.Collisions, report.Resets, report.Escaped),
        Copiers = [.. report.Copiers.Select(copier => new CopierPart(copier.Node, copier.Flows, copier.Replies))],
    };

    public override string ToJson() => JsonSerializer.Serialize(this, SummaryJson.Default.InterceptorSummary);

    protected override IEnumerable<SummaryRow> Rows()
    {
        yield return SummaryRow.Of("tap", "frames", Tap.Frames);
        yield return SummaryRow.Of("tap", "dropped (libpcap)", Tap.Dropped);
        yield return SummaryRow.Of("tap", "no TCP headers", Tap.NotReplies);
        yield return SummaryRow.Of("replies", "taken", Replies.Taken);
        yield return SummaryRow.Of("replies", "sent to copiers", Replies.Routed);
        yield return SummaryRow.Of("replies", "waited for their flow", Replies.Held);
        yield return SummaryRow.Of("replies", "of flows that nobody registered", Replies.Expired);
        if (Replies.Collisions > 0)
            yield return SummaryRow.Of("replies", "flows that two copiers claimed", Replies.Collisions);
        if (Replies.BatchesDropped > 0)
            yield return SummaryRow.Of("replies", "messages dropped, a copier's link was full", Replies.BatchesDropped);
        if (Replies.Resets > 0)
            yield return SummaryRow.Of("replies", "replicas closed whose copier was gone", Replies.Resets);
        if (Replies.Escaped > 0)
            yield return SummaryRow.Of("replies", "replicas reset by real clients", Replies.Escaped);
        foreach (var copier in Copiers)
        {
            yield return SummaryRow.Of("copiers", $"{copier.Node}: flows", copier.Flows);
            yield return SummaryRow.Of("copiers", $"{copier.Node}: replies", copier.Replies);
        }
        foreach (var row in ProcessRows())
            yield return row;
    }
}

/// <param name="Node">Address in the cluster.</param>
/// <param name="Flows">That it registered.</param>
/// <param name="Replies">Sent to it.</param>
internal sealed record CopierPart(string Node, long Flows, long Replies);
