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
            var change = new StatusChange(_view.Status, await client.ReadStatusAsync(limit.Token).ConfigureAwait(false));
            if (change.IsSinceStart)
            {
                _answers.Clear();
                _compares = null;
            }
            var report = await ReadReportAsync(change, limit.Token).ConfigureAwait(false);
            // What a node did since its start is no rate of this moment.
            var sample = change.IsSinceStart ? Gap() : Sample.Of(time.GetUtcNow(), change) with { Online = _online, Target = _target };
            Remember(sample, new NodeView(client.Name) { Change = change, Report = report, Recent = _answers.Recent, AnsweredAt = sample.At });
        }
        catch (NodeClientException error)
        {
            Miss(_view, error.Message);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Miss(_view, $"{client.Name} has not answered for {pace.Patience.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever a node may tell, it is looked at again; but nothing is shown of that, nor reckoned from it.
            Miss(new NodeView(client.Name), $"{client.Name} does not make sense ({error.Message}): is it a tcpcopy node of this version?");
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

    /// <param name="last">What it said before, which stays, marked as old.</param>
    /// <param name="fault">Why there is nothing new.</param>
    private void Miss(NodeView last, string fault) => Remember(Gap(), last with { Fault = fault });

    private Sample Gap() => new(time.GetUtcNow());

    private void Remember(Sample sample, NodeView view)
    {
        _view = view with { Latest = sample };
        lock (_lock)
        {
            _samples.Enqueue(sample);
            while (_samples.Peek().At < sample.At - pace.Kept)
                _samples.Dequeue();
        }
    }
}
