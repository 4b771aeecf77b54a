using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using TcpCopy.Web.Feed;
using Xunit;

namespace TcpCopy.Web.Tests;

/// <summary>Nodes that are watched together, in virtual time.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Channel<int> _looked = Channel.CreateUnbounded<int>();
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    public FakeCluster(params FakeNode[] nodes) => Watch = new ClusterWatch(nodes, _time, FakeNode.Pace);

    public ClusterWatch Watch { get; }

    /// <summary>The first look at each of them, and the one after a further second.</summary>
    public async Task LookAsync()
    {
        foreach (var node in Watch.Nodes)
        {
            // As the last to hear of it: pages that were opened meanwhile are told before.
            node.Looked -= OnLooked;
            node.Looked += OnLooked;
        }
        if (_run == Task.CompletedTask)
            _run = Watch.RunAsync(_stop.Token);
        else
            _time.Advance(FakeNode.Pace.Interval);
        foreach (var _ in Watch.Nodes)
            await _looked.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private void OnLooked(NodeWatch node) => _looked.Writer.TryWrite(0);
}
