using System.Text.Json;
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
            report.Replies, report.Routed, report.Held, report.Expired, report.Displaced, report.Waiting, report.Batches, report.Collisions),
        Copiers = [.. report.Copiers.Select(copier => new CopierPart(copier.Node, copier.Flows, copier.Replies))],
    };

    protected override string ToJson() => JsonSerializer.Serialize(this, SummaryJson.Default.InterceptorSummary);

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
        foreach (var copier in Copiers)
        {
            yield return SummaryRow.Of("copiers", $"{copier.Node}: flows", copier.Flows);
            yield return SummaryRow.Of("copiers", $"{copier.Node}: replies", copier.Replies);
        }
        foreach (var row in ProcessRows())
            yield return row;
    }
}

/// <param name="Frames">That the tap handed over.</param>
/// <param name="NotReplies">No whole TCP headers among them.</param>
/// <param name="Dropped">Lost because the kernel's buffer was full.</param>
internal sealed record TapPart(long Frames, long NotReplies, long Dropped);

/// <param name="Taken">The sum of <paramref name="Routed"/>, <paramref name="Expired"/> and <paramref name="Waiting"/>.</param>
/// <param name="Routed">Sent on to a copier.</param>
/// <param name="Held">Came before the registration of their flow.</param>
/// <param name="Expired">Of flows that nobody registered in time.</param>
/// <param name="Displaced">Of these, given up before their time because too many waited.</param>
/// <param name="Waiting">Still waiting at the end.</param>
/// <param name="Batches">Messages that replies were sent in.</param>
/// <param name="Collisions">Flows that two copiers claimed at once.</param>
internal sealed record RoutePart(
    long Taken, long Routed, long Held, long Expired, long Displaced, long Waiting, long Batches, long Collisions);

/// <param name="Node">Address in the cluster.</param>
/// <param name="Flows">That it registered.</param>
/// <param name="Replies">Sent to it.</param>
internal sealed record CopierPart(string Node, long Flows, long Replies);
