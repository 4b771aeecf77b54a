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
        foreach (var (name, online, target) in comparison.Times)
            yield return [name, TimeText.Of(online), TimeText.Of(target), TimeText.Difference(target - online)];
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
        yield return ["answers with different status codes", Show(comparison.DifferentCodes)];
    }

    /// <summary>Online down, target across; empty where no side had a code.</summary>
    public static IReadOnlyList<string[]> Statuses(ComparisonPart comparison)
    {
        var codes = new StatusMatrix(comparison.Statuses);
        if (codes.IsEmpty)
            return [];
        return
        [
            ["", .. codes.Across.Select(Code)],
            .. codes.Down.Select(online => (string[])[Code(online), .. codes.Across.Select(target => Show(codes.Count(online, target)))]),
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

    private static string Signed(long value) => value.ToString("+#,0;-#,0;0", CultureInfo.InvariantCulture);

    private static string Code(int? status) => status?.ToString(CultureInfo.InvariantCulture) ?? NoCode;
}
