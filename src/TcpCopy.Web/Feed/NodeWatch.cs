using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Feed;

/// <summary>
/// Looks at one node again and again, for everybody who has the page open, and remembers the last minutes. A node that does not answer is asked on.
/// </summary>
/// <param name="client">Asks the node.</param>
/// <param name="time">When to look.</param>
/// <param name="pace">How often, and how long it is remembered.</param>
public sealed class NodeWatch(INodeClient client, TimeProvider time, WatchPace pace)
{
    private readonly Lock _lock = new();
    private readonly Queue<Sample> _samples = new();
    private readonly AnswerLog _answers = new(pace.Recent);
    private StatusChange? _change;
    private Percentiles _online;
    private Percentiles _target;
    private long _looks;
    private volatile NodeView _view = new(client.Name);

    /// <summary>Whether the copier compares, which it is told at its start; null: it has not said yet.</summary>
    private bool? _compares;

    /// <summary>After every look; from any thread.</summary>
    public event Action<NodeWatch>? Looked;

    /// <summary>For questions that one viewer has.</summary>
    public INodeClient Client => client;

    public NodeView View => _view;

    /// <summary>The last minutes, oldest first.</summary>
    public IReadOnlyList<Sample> Samples
    {
        get
        {
            lock (_lock)
                return [.. _samples];
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(pace.Interval, time);
        try
        {
            do
            {
                await LookAsync(stop).ConfigureAwait(false);
                Looked?.Invoke(this);
            }
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The page ends.
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        // Asked for no longer than a few looks: a node that hangs is to be shown as such.
        using var patience = new CancellationTokenSource(pace.Patience, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            var change = new StatusChange(_change?.Now, await client.ReadStatusAsync(limit.Token).ConfigureAwait(false));
            _change = change;
            if (change.IsSinceStart)
            {
                _answers.Clear();
                _compares = null;
            }
            var report = await ReadReportAsync(change, limit.Token).ConfigureAwait(false);
            _view = new NodeView(client.Name) { Change = change, Report = report, Recent = _answers.Recent, AnsweredAt = time.GetUtcNow() };
            // What a node did since its start is no rate of this moment.
            Remember(change.IsSinceStart ? Gap() : Sample.Of(time.GetUtcNow(), change) with { Online = _online, Target = _target });
        }
        catch (NodeClientException error)
        {
            Miss(error.Message);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Miss($"{client.Name} has not answered for {pace.Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Now and then: what online host and target answered is worked out from more figures than the rest.</summary>
    private async Task<Report?> ReadReportAsync(StatusChange change, CancellationToken stop)
    {
        var isDue = _looks++ % pace.LooksPerReport == 0 || _compares is null;
        if (change.Now.Copier is null || !isDue || _compares == false)
            return change.IsSinceStart ? null : _view.Report;
        var report = await client.ReadReportAsync(stop).ConfigureAwait(false);
        _compares = report.Comparison is not null;
        if (report.Comparison is { } comparison)
            _answers.Add(time.GetUtcNow(), comparison);
        (_online, _target) = (Percentiles.Of(_answers.Latest.Online.FirstByte), Percentiles.Of(_answers.Latest.Target.FirstByte));
        return report;
    }

    private void Miss(string fault)
    {
        // What it said last stays, marked as old.
        _view = _view with { Fault = fault };
        Remember(Gap());
    }

    private Sample Gap() => new(time.GetUtcNow());

    private void Remember(Sample sample)
    {
        lock (_lock)
        {
            _samples.Enqueue(sample);
            while (_samples.Peek().At < sample.At - pace.Kept)
                _samples.Dequeue();
        }
    }
}
