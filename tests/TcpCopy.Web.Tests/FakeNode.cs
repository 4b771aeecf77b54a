using System.Threading.Channels;
using TcpCopy.Contracts.Api;
using TcpCopy.Web.Feed;
using Xunit;

namespace TcpCopy.Web.Tests;

/// <summary>A node that answers as it is told, watched in virtual time.</summary>
internal sealed class FakeNode : INodeClient, IAsyncDisposable
{
    private readonly LateTimers _time = new();
    private readonly Channel<int> _asked = Channel.CreateUnbounded<int>();
    private readonly Channel<int> _looked = Channel.CreateUnbounded<int>();
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    public FakeNode(string name = "10.0.0.13")
    {
        Name = name;
        Watch = new NodeWatch(this, _time, Pace);
        Watch.Looked += _ => _looked.Writer.TryWrite(0);
    }

    public static WatchPace Pace { get; } = new();

    public string Name { get; }

    public NodeWatch Watch { get; }

    public NodeView View => Watch.View;

    /// <summary>What it answers now.</summary>
    public Func<NodeStatus> Status { get; set; } = () => throw new NodeClientException("nobody there");

    public Report Report { get; set; } = Figures.Report(null);

    /// <summary>What it answers who looks for sessions.</summary>
    public Func<Task<SessionList>> Sessions { get; set; } = () => throw new NodeClientException("not asked here");

    /// <summary>What it answers who looks into one.</summary>
    public Func<SessionInside?> Session { get; set; } = () => throw new NodeClientException("not asked here");

    /// <summary>It takes no questions for its report.</summary>
    public bool RefusesReport { get; set; }

    /// <summary>It takes questions and answers none.</summary>
    public bool IsHanging { get; set; }

    public int StatusesAsked { get; private set; }

    public int ReportsAsked { get; private set; }

    public int SessionsAsked { get; private set; }

    /// <summary>The first look, and the one after each further second.</summary>
    public async Task LookAsync(int times = 1)
    {
        for (var look = 0; look < times; look++)
        {
            if (_run == Task.CompletedTask)
                _run = Watch.RunAsync(_stop.Token);
            else
                _time.Advance(Pace.Interval);
            // A watch that ended says why.
            await await Task.WhenAny(_looked.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask(), _run);
        }
    }

    /// <summary>A look that takes as long as the watch has patience.</summary>
    public async Task LookInVainAsync()
    {
        while (_asked.Reader.TryRead(out _))
        {
            // Those before do not count.
        }
        _time.Advance(Pace.Interval);
        await _asked.Reader.ReadAsync(TestContext.Current.CancellationToken);
        _time.Advance(Pace.Patience);
        await _looked.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The patience of looks that are over runs out.</summary>
    public void LosePatienceLate() => _time.FireLate(Pace.Patience);

    public async Task<NodeStatus> ReadStatusAsync(CancellationToken cancel)
    {
        StatusesAsked++;
        _asked.Writer.TryWrite(0);
        if (IsHanging)
            await new TaskCompletionSource().Task.WaitAsync(cancel);
        return Status();
    }

    public Task<Report> ReadReportAsync(CancellationToken cancel)
    {
        ReportsAsked++;
        return RefusesReport ? throw new NodeClientException("it is about to start") : Task.FromResult(Report);
    }

    public Task<SessionList> FindSessionsAsync(string query, CancellationToken cancel) => Sessions();

    public Task<SessionInside?> DescribeSessionAsync(string id, CancellationToken cancel)
    {
        SessionsAsked++;
        return Task.FromResult(Session());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }
}
