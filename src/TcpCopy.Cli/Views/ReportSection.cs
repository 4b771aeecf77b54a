using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>A table of a report with its title; text and HTML draw the same ones.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="HasHeading">The first row says what the columns are.</param>
/// <param name="Rows">At least one.</param>
internal sealed record ReportSection(string Title, bool HasHeading, IReadOnlyList<string[]> Rows)
{
    private static readonly ReportSection Nothing =
        new("nothing was compared", HasHeading: false, [["start the copier with --compare, or set tcpcopy.copier.compare = on"]]);

    public static IEnumerable<ReportSection> Of(Report report)
    {
        foreach (var section in report.Comparison is { } comparison ? Of(comparison) : [Nothing])
            yield return section;
        yield return new("sessions", HasHeading: false, [.. Outcomes(report.Sessions)]);
        yield return new("requests", HasHeading: false, [.. Requests(report.Requests)]);
    }

    private static IEnumerable<ReportSection> Of(ComparisonPart comparison)
    {
        yield return new(
            $"{ReportTables.Show(comparison.Requests.Compared)} requests that both answered", HasHeading: true, [.. ReportTables.Times(comparison)]);
        yield return new("answered by one alone, or not alike", HasHeading: false, [.. ReportTables.Apart(comparison)]);
        if (ReportTables.Statuses(comparison) is { Count: > 1 } statuses)
            yield return new("status codes: online down, target across", HasHeading: true, statuses);
        if (comparison.Differing.Count > 0)
            yield return new("some answers with different codes: online / target", HasHeading: true, [.. ReportTables.Listed(comparison.Differing)]);
        if (comparison.Slowest.Count > 0)
            yield return new("slowest at the target, measured by online: online / target", HasHeading: true, [.. ReportTables.Listed(comparison.Slowest)]);
    }

    private static IEnumerable<string[]> Outcomes(SessionPart sessions) =>
    [
        ["seen", ReportTables.Show(sessions.Seen)],
        ["live", ReportTables.Show(sessions.Live)],
        .. sessions.Ended.Select(ended => (string[])[ended.Key, ReportTables.Show(ended.Value)]),
    ];

    private static IEnumerable<string[]> Requests(RequestPart requests) =>
    [
        ["captured", ReportTables.Show(requests.Captured)],
        ["acknowledged by the target", ReportTables.Show(requests.Acknowledged)],
        ["answered by the target", ReportTables.Show(requests.Answered)],
        ["lost", ReportTables.Show(requests.Lost)],
        .. requests.LostByCause.Select(lost => (string[])[$"lost: {lost.Key}", ReportTables.Show(lost.Value)]),
    ];
}
