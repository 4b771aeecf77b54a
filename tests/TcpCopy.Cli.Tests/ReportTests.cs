using System.Text.Json;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Comparison;
using TcpCopy.Web.Charts;
using TcpCopy.Web.Feed;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class ReportTests
{
    private static readonly Report Compared = new()
    {
        Seconds = 12.5,
        Sessions = new SessionPart(10, 1, new Dictionary<string, long> { ["replayed"] = 8, ["target-reset"] = 1 }, 0, 0),
        Requests = new RequestPart(1000, 990, 980, 3, new Dictionary<string, long> { ["target-reset"] = 3 }),
        Comparison = new ComparisonPart(
            new ComparedPart(950, 20, 0, 5, 7),
            new SidePart(Spread(0.001), Spread(0.002), 1_000_000, 0),
            new SidePart(Spread(0.010), Spread(0.0205), 999_000, 2),
            [new StatusPart(200, 200, 900), new StatusPart(200, 500, 40), new StatusPart(404, null, 10)],
            [new ListedPart("0-7", "10.0.0.9:4711", 3, new AnswerPart(0.001, 0.002, 100, 200, false), new AnswerPart(0.5, 1.5, 90, 500, false))],
            []),
    };

    [Fact]
    public void Text_shows_both_sides_their_difference_the_codes_and_the_worst()
    {
        var text = new StringWriter();
        ReportText.Print(text, "10.0.0.13", Compared);

        var lines = text.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Equal("tcpcopy report of 10.0.0.13, 12.5 s", lines[0]);
        Assert.Contains("950 requests that both answered", lines);
        Assert.Contains("first byte p50 1.0 ms 10.0 ms +9.0 ms", lines);
        Assert.Contains("last byte p99.9 2.0 ms 20.5 ms +18.5 ms", lines);
        Assert.Contains("bytes 1,000,000 999,000 -1,000", lines);
        Assert.Contains("answered online alone 20", lines);
        Assert.Contains("answers with different status codes 50", lines);
        Assert.Contains("200 500 none", lines);
        Assert.Contains("404 0 0 10", lines);
        Assert.Contains("10.0.0.9:4711 0-7 3 200 / 500 1.0 ms / 500.0 ms 2.0 ms / 1.5 s 100 / 90", lines);
        Assert.Contains("target-reset 1", lines);
        Assert.Contains("lost: target-reset 3", lines);
    }

    [Fact]
    public void A_page_needs_nothing_else_and_takes_no_name_for_markup()
    {
        var page = ReportHtml.Write([("<b>host</b>", Compared), ("other", Compared with { Comparison = null })]);

        Assert.Equal(2, page.Split("<figure><svg").Length - 1);
        Assert.Contains("<path class=\"target\" d=\"M", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;host&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.Contains("<td>+9.0 ms</td>", page, StringComparison.Ordinal);
        Assert.Contains("nothing was compared", page, StringComparison.Ordinal);
        foreach (var outside in new[] { "http", "<script", "url(", "@import" })
            Assert.DoesNotContain(outside, page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_report_is_read_of_a_summary_and_of_nothing_else()
    {
        using var directory = new Testing.Processes.ScratchDirectory();
        var summary = directory.Write("summary.json", JsonSerializer.Serialize(Compared, SummaryJson.Default.Report));
        Assert.Equal(JsonSerializer.Serialize(Compared), JsonSerializer.Serialize(Reports.Load(summary)));
        Assert.Throws<JsonException>(() => Reports.Load(directory.Write("other.json", "{}")));
    }

    [Fact]
    public void Every_time_is_drawn_where_it_lies_the_shortest_too()
    {
        for (var microseconds = 1; microseconds <= 2000; microseconds++)
        {
            var bucket = Assert.Single(Drawn(microseconds).Buckets).Key;
            Assert.InRange(microseconds, TimeSpread.UpTo(bucket - 1) * 0.999_999e6, TimeSpread.UpTo(bucket) * 1e6);
        }
        Assert.Equal(["1 us", "10 us", "100 us"], new SpreadPlot(Drawn(1), TimeSpread.None).Ticks.Select(tick => tick.Name));

        static TimeSpread Drawn(int microseconds)
        {
            var times = new TimeDistribution();
            times.Add(TimeSpan.FromMicroseconds(microseconds));
            return TimeSpread.Of(ComparisonParts.Of(times));
        }
    }

    private static SpreadPart Spread(double seconds) =>
        new(950, seconds, seconds, seconds, seconds, seconds, seconds, [new BucketPart(seconds, 900), new BucketPart(2 * seconds, 50)]);
}
