using TcpCopy.Contracts.Api;
using Xunit;

namespace TcpCopy.Web.Tests;

/// <summary>What the page knows of a node, second by second.</summary>
public sealed class NodeWatchTests
{
    [Fact]
    public async Task Rates_are_those_between_two_looks_and_the_first_look_has_none()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(uptime: 100, requests: 5000) };
        await node.LookAsync();
        node.Status = () => Figures.Copier(uptime: 101, requests: 5300);
        await node.LookAsync();

        Assert.Equal([null, 300], node.Watch.Samples.Select(sample => sample.Requests));
        Assert.Equal(300 * 8000 / 1e6, node.Watch.Samples[1].Megabits!.Value, precision: 6);
        Assert.Equal(0.1, node.Watch.Samples[1].Processor!.Value, precision: 6);
        Assert.Equal(300, node.View.Rate(status => status.Copier?.Requests.Seen));
        Assert.Equal(node.Watch.Samples[1], node.View.Latest);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_shown_as_such_and_asked_again()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(100, 5000) };
        await node.LookAsync();
        node.Status = () => throw new NodeClientException("10.0.0.13 does not answer");
        await node.LookAsync();

        Assert.Equal("10.0.0.13 does not answer", node.View.Fault);
        Assert.Equal(DateTimeOffset.UnixEpoch, node.View.AnsweredAt);
        Assert.Equal(5000, node.View.Status!.Copier!.Requests.Seen);
        Assert.Equal(0, node.View.Rate(status => status.Copier?.Requests.Seen));

        node.Status = () => Figures.Copier(102, 5200);
        await node.LookAsync();
        Assert.Null(node.View.Fault);
        Assert.Equal([null, null, 100], node.Watch.Samples.Select(sample => sample.Requests));
    }

    [Fact]
    public async Task An_answer_that_makes_no_sense_is_shown_as_such_and_the_node_is_asked_again()
    {
        await using var node = new FakeNode();
        var status = Figures.Copier(100, 5000);
        node.Status = () => status with { Copier = status.Copier! with { FirstReply = new Dictionary<string, TimePart>() } };
        await node.LookAsync(times: 2);
        Assert.StartsWith("10.0.0.13 does not make sense", node.View.Fault, StringComparison.Ordinal);
        Assert.Equal([null, null], node.Watch.Samples.Select(sample => sample.Requests));

        node.Status = () => Figures.Copier(102, 5200);
        await node.LookAsync();
        Assert.Null(node.View.Fault);
    }

    [Fact]
    public async Task A_node_that_hangs_is_not_waited_for()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(100, 5000) };
        await node.LookAsync();
        node.IsHanging = true;
        await node.LookInVainAsync();

        Assert.Equal("10.0.0.13 has not answered for 5 s", node.View.Fault);
    }

    [Fact]
    public async Task Patience_that_runs_out_as_the_answer_comes_does_no_harm()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(100, 5000) };
        await node.LookAsync();
        node.LosePatienceLate();
        await node.LookAsync();

        Assert.Null(node.View.Fault);
    }

    [Fact]
    public async Task A_node_that_was_started_anew_counts_from_the_beginning()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(100, 5000), Report = Figures.Compared(1000) };
        await node.LookAsync();
        node.Status = () => Figures.Copier(1, 10, run: 2);
        node.Report = Figures.Compared(5);
        await node.LookAsync();
        node.Status = () => Figures.Copier(2, 30, run: 2);
        await node.LookAsync();

        Assert.Equal([null, null, 20], node.Watch.Samples.Select(sample => sample.Requests));
        Assert.Equal(0, node.View.Recent.Online.FirstByte.Count);
    }

    [Fact]
    public async Task A_start_anew_while_nobody_looked_is_noticed_however_long_it_is_ago()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(100, 5000), Report = Figures.Compared(1000) };
        await node.LookAsync();
        node.Status = () => throw new NodeClientException("nobody there");
        await node.LookAsync();
        node.Status = () => Figures.Copier(200, 10, run: 2);
        node.Report = Figures.Report(null);
        await node.LookAsync();
        Assert.Null(node.View.Report!.Comparison);
        node.Status = () => Figures.Copier(201, 30, run: 2);
        await node.LookAsync();

        Assert.Equal([null, null, null, 20], node.Watch.Samples.Select(sample => sample.Requests));
    }

    [Fact]
    public async Task Ten_minutes_are_remembered()
    {
        var seconds = 0;
        await using var node = new FakeNode { Status = () => Figures.Copier(++seconds, seconds) };
        await node.LookAsync(times: 700);

        Assert.Equal(601, node.Watch.Samples.Count);
        Assert.Equal(FakeNode.Pace.Kept, node.Watch.Samples[^1].At - node.Watch.Samples[0].At);
    }

    [Fact]
    public async Task Distributions_are_those_of_the_last_minute()
    {
        var seconds = 0;
        await using var node = new FakeNode();
        // Ten requests a second.
        node.Status = () =>
        {
            seconds++;
            node.Report = Figures.Compared(seconds * 10);
            return Figures.Copier(seconds, seconds * 10);
        };
        await node.LookAsync(times: 301);

        var recent = node.View.Recent;
        Assert.Equal(600, recent.Online.FirstByte.Count);
        Assert.InRange(recent.Online.FirstByte.Percentile(0.5)!.Value, 0.0008, 0.001);
        Assert.InRange(recent.Target.LastByte.Percentile(0.5)!.Value, 0.008, 0.01);
        Assert.Equal(recent.Target.FirstByte.Percentile(0.99), node.Watch.Samples[^1].Target.P99);
        Assert.Equal(61, node.ReportsAsked);
    }

    [Fact]
    public async Task A_copier_that_does_not_compare_is_asked_for_its_report_once()
    {
        var seconds = 0;
        await using var node = new FakeNode { Status = () => Figures.Copier(++seconds, seconds) };
        await node.LookAsync(times: 30);

        Assert.Equal((30, 1), (node.StatusesAsked, node.ReportsAsked));
        Assert.Null(node.View.Report!.Comparison);
    }

    [Fact]
    public async Task A_copier_that_is_looked_at_while_it_starts_is_asked_for_its_report_until_it_has_one()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(1, 0) with { Copier = null, Obstacle = "starting" } };
        await node.LookAsync();
        node.Status = () => Figures.Copier(2, 0);
        node.RefusesReport = true;
        await node.LookAsync();
        Assert.Equal("it is about to start", node.View.Fault);
        node.Status = () => Figures.Copier(3, 0);
        (node.RefusesReport, node.Report) = (false, Figures.Compared(5));
        await node.LookAsync();

        Assert.NotNull(node.View.Report?.Comparison);
    }

    [Fact]
    public async Task The_cluster_finds_its_copiers_and_knows_who_is_watched()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(1, 1) };
        await using var cluster = new FakeCluster(node);
        Assert.Null(cluster.Watch.FindCopier(null));
        await cluster.LookAsync();

        Assert.Same(cluster.Watch.Nodes[0], cluster.Watch.FindCopier("another"));
        Assert.Same(cluster.Watch.Nodes[0], cluster.Watch.FindMember("10.0.0.13:36524"));
        Assert.Null(cluster.Watch.FindMember("10.0.0.148:36524"));
    }
}
