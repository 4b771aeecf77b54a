using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Comparison;
using TcpCopy.Core.Comparison;

namespace TcpCopy.Cli.Views;

/// <summary>Makes of a copier's comparison what is written and shown of it.</summary>
internal static class ComparisonParts
{
    public static ComparisonPart Of(ComparisonFigures figures) => new(
        new ComparedPart(
            figures.Compared, figures.AnsweredOnlineAlone, figures.AnsweredByTargetAlone, figures.Unanswered, figures.DifferentBytes),
        Of(figures.Online),
        Of(figures.Target),
        [.. figures.Statuses.OrderBy(pair => (pair.Key.Online, pair.Key.Target))
            .Select(pair => new StatusPart(CodeOf(pair.Key.Online), CodeOf(pair.Key.Target), pair.Value))],
        [.. figures.Slowest.Select(Of)],
        [.. figures.Differing.Select(Of)]);

    public static SpreadPart Of(TimeDistribution times) => new(
        times.Count, Seconds(times.Mean), Seconds(times.Percentile(0.5)), Seconds(times.Percentile(0.9)), Seconds(times.Percentile(0.99)),
        Seconds(times.Percentile(0.999)), Seconds(times.Longest), [.. times.Buckets().Select(Of)]);

    // Not rounded to microseconds: the bound of the shortest times would be that of the bucket below.
    private static BucketPart Of((TimeSpan UpTo, long Count) bucket) => new(bucket.UpTo.TotalSeconds, bucket.Count);

    private static SidePart Of(SideFigures side) => new(Of(side.FirstByte), Of(side.LastByte), side.Bytes, side.Resets);

    private static ListedPart Of(ListedRequest listed) => new(
        listed.Session.ToString(), listed.Client.ToString(), listed.Request.Number, Of(listed.Request.Online), Of(listed.Request.Target));

    private static AnswerPart Of(Answer answer) => new(
        Seconds(answer.FirstByte), Seconds(answer.LastByte), answer.Bytes, CodeOf(answer.Status), answer.IsReset);

    private static int? CodeOf(ushort status) => status == 0 ? null : status;

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 6);
}
