using System.Globalization;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>The tables of a comparison as cells, a heading first; text and HTML draw them.</summary>
internal static class ReportTables
{
    private const string NoCode = "none";

    public static IEnumerable<string[]> Times(ComparisonPart comparison)
    {
        yield return ["", "online", "target", "difference"];
        foreach (var row in Times("first byte", comparison.Online.FirstByte, comparison.Target.FirstByte))
            yield return row;
        foreach (var row in Times("last byte", comparison.Online.LastByte, comparison.Target.LastByte))
            yield return row;
        yield return ["bytes", Show(comparison.Online.Bytes), Show(comparison.Target.Bytes), Signed(comparison.Target.Bytes - comparison.Online.Bytes)];
        yield return ["resets", Show(comparison.Online.Resets), Show(comparison.Target.Resets), Signed(comparison.Target.Resets - comparison.Online.Resets)];
    }

    public static IEnumerable<string[]> Apart(ComparisonPart comparison)
    {
        var requests = comparison.Requests;
        yield return ["answered online alone", Show(requests.OnlineAlone)];
        yield return ["answered by the target alone", Show(requests.TargetAlone)];
        yield return ["answered by neither", Show(requests.Unanswered)];
        yield return ["answers of different length", Show(requests.DifferentBytes)];
        yield return ["answers with different status codes", Show(comparison.Statuses.Where(pair => pair.Online != pair.Target).Sum(pair => pair.Requests))];
    }

    /// <summary>Online down, target across; empty where no side had a code.</summary>
    public static IReadOnlyList<string[]> Statuses(ComparisonPart comparison)
    {
        var pairs = comparison.Statuses;
        if (pairs.All(pair => pair.Online is null && pair.Target is null))
            return [];
        var across = pairs.Select(pair => pair.Target).Distinct().OrderBy(code => code ?? int.MaxValue).ToList();
        var down = pairs.Select(pair => pair.Online).Distinct().OrderBy(code => code ?? int.MaxValue);
        var counts = pairs.ToDictionary(pair => (pair.Online, pair.Target), pair => pair.Requests);
        return
        [
            ["", .. across.Select(Code)],
            .. down.Select(online => (string[])[Code(online), .. across.Select(target => Show(counts.GetValueOrDefault((online, target))))]),
        ];
    }

    public static IEnumerable<string[]> Listed(IReadOnlyList<ListedPart> requests)
    {
        yield return ["client", "session", "request", "code", "first byte", "last byte", "bytes"];
        foreach (var listed in requests)
        {
            var (online, target) = (listed.Online, listed.Target);
            yield return
            [
                listed.Client, listed.Session, Show(listed.Request), $"{Code(online.Status)} / {Code(target.Status)}",
                $"{TimeText.Of(online.FirstByte)} / {TimeText.Of(target.FirstByte)}", $"{TimeText.Of(online.LastByte)} / {TimeText.Of(target.LastByte)}",
                $"{Show(online.Bytes)} / {Show(target.Bytes)}",
            ];
        }
    }

    public static string Show(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Times(string what, SpreadPart online, SpreadPart target)
    {
        yield return Row("p50", online.P50, target.P50);
        yield return Row("p90", online.P90, target.P90);
        yield return Row("p99", online.P99, target.P99);
        yield return Row("p99.9", online.P999, target.P999);
        yield return Row("longest", online.Longest, target.Longest);

        string[] Row(string share, double one, double other) => [$"{what} {share}", TimeText.Of(one), TimeText.Of(other), TimeText.Difference(other - one)];
    }

    private static string Signed(long value) => value.ToString("+#,0;-#,0;0", CultureInfo.InvariantCulture);

    private static string Code(int? status) => status?.ToString(CultureInfo.InvariantCulture) ?? NoCode;
}
