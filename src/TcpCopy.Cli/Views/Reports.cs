using System.Text.Json;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier;

namespace TcpCopy.Cli.Views;

/// <summary>Where reports come from.</summary>
internal static class Reports
{
    /// <param name="report">Of a copier that runs: what live sessions carry counts as far as they have it.</param>
    /// <param name="elapsed">Since its start.</param>
    public static Report Of(CopierReport report, TimeSpan elapsed)
    {
        var books = report.Sessions;
        var summary = CopierSummary.Of(report with { Sessions = books with { Sum = books.Total }, Elapsed = elapsed });
        return new Report
        {
            Seconds = summary.Seconds,
            Sessions = summary.Sessions,
            // What is still on its way is not lost.
            Requests = summary.Requests with { Lost = books.LostRequests.Values.Sum() },
            Comparison = summary.Comparison,
        };
    }

    /// <summary>Reads what a copier wrote with <c>--summary</c>.</summary>
    /// <exception cref="JsonException">It is no such file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Report Load(string path) =>
        JsonSerializer.Deserialize(File.ReadAllText(path), SummaryJson.Default.Report) ?? throw new JsonException("it is empty");
}
