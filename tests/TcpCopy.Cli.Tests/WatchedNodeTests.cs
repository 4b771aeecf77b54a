using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using Xunit;

namespace TcpCopy.Cli.Tests;

/// <summary>What <c>top</c> keeps of a node whose answers fail.</summary>
public sealed class WatchedNodeTests
{
    private static readonly SessionLine Line = new(
        "0-17", "192.168.0.1:4000", "10.0.0.13:80", "10.0.0.148:80", "connected", null, 1, new SessionCounts(0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 0, 0);

    [Fact]
    public async Task A_node_that_does_not_answer_any_more_has_no_sessions()
    {
        var client = new Client();
        var node = new WatchedNode(client, 10);
        await node.LookAsync(TestContext.Current.CancellationToken);
        Assert.Single(node.Sessions);
        client.IsGone = true;
        await node.LookAsync(TestContext.Current.CancellationToken);

        Assert.Equal("nobody there", node.Fault);
        Assert.Null(node.Status);
        Assert.Empty(node.Sessions);
    }

    [Fact]
    public async Task What_a_node_told_stays_where_it_does_not_search_its_sessions()
    {
        var client = new Client();
        var node = new WatchedNode(client, 10);
        await node.LookAsync(TestContext.Current.CancellationToken);
        (client.IsBusy, client.Seen) = (true, 300);
        await node.LookAsync(TestContext.Current.CancellationToken);

        Assert.Equal("too many ask at once", node.Fault);
        Assert.Equal(300, node.Rate(status => status.Copier?.Requests.Seen ?? 0));
        Assert.Empty(node.Sessions);
    }

    private sealed class Client : INodeClient
    {
        private double _uptime;

        public string Name => "10.0.0.13";

        public bool IsGone { get; set; }

        /// <summary>It tells its figures and searches nothing.</summary>
        public bool IsBusy { get; set; }

        public long Seen { get; set; }

        public Task<NodeStatus> ReadStatusAsync(CancellationToken cancel)
        {
            var status = Statuses.Copier();
            var copier = status.Copier!;
            // A second passes from look to look.
            status = status with { Uptime = ++_uptime, Copier = copier with { Requests = copier.Requests with { Seen = Seen } } };
            return IsGone ? throw new NodeClientException("nobody there") : Task.FromResult(status);
        }

        public Task<Report> ReadReportAsync(CancellationToken cancel) => throw new NodeClientException("not asked here");

        public Task<SessionList> FindSessionsAsync(string query, CancellationToken cancel) =>
            IsBusy ? throw new NodeClientException("too many ask at once") : Task.FromResult(new SessionList([Line], 1, null));

        public Task<SessionInside?> DescribeSessionAsync(string id, CancellationToken cancel) => throw new NodeClientException("not asked here");
    }
}
