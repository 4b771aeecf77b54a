using System.Text.Json;
using System.Text.RegularExpressions;
using TcpCopy.Cli.Http;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Cli.Tests.Http;

/// <summary>What is written about metrics is what there is.</summary>
public sealed partial class MetricTableTests
{
    [GeneratedRegex("tcpcopy_[a-z_]+")]
    private static partial Regex MetricName();

    [Fact]
    public void The_documented_table_has_every_metric_and_no_other()
    {
        var documented = File.ReadLines(RepositoryPaths.At("config/metrics.md")).Where(line => line.StartsWith("| `tcpcopy_", StringComparison.Ordinal));

        Assert.Equal(NodeMetrics.All.Select(RowOf), documented);
    }

    [Fact]
    public void Names_are_unique_and_say_what_they_count()
    {
        Assert.Equal(NodeMetrics.All.Count, NodeMetrics.All.Select(metric => metric.Name).Distinct().Count());
        Assert.All(NodeMetrics.All, metric => Assert.Equal(metric.Kind == MetricKind.Counter, metric.Name.EndsWith("_total", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_dashboard_shows_metrics_that_exist()
    {
        var text = File.ReadAllText(RepositoryPaths.At("config/grafana-dashboard.json"));
        using var dashboard = JsonDocument.Parse(text);
        var known = NodeMetrics.All.SelectMany(metric => metric.Kind == MetricKind.Histogram
            ? [metric.Name + "_bucket", metric.Name + "_sum", metric.Name + "_count"]
            : new[] { metric.Name }).ToHashSet();

        Assert.NotEmpty(dashboard.RootElement.GetProperty("panels").EnumerateArray());
        Assert.Empty(MetricName().Matches(text).Select(match => match.Value).Distinct().Except(known));
    }

    private static string RowOf(MetricDefinition metric) =>
        $"| `{metric.Name}` | {metric.Kind.ToString().ToLowerInvariant()} | {metric.Labels} | {metric.Meaning} |"
            .Replace("|  |", "| |", StringComparison.Ordinal);
}
