using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>Virtual time: what is due runs in order of its time, then in order of its arrival.</summary>
public sealed class Timeline
{
    private readonly PriorityQueue<Action, (long Ticks, long Order)> _due = new();
    private long _order;

    private static readonly Instant Begin = new(TimeSpan.FromHours(1).Ticks);

    public Instant Now { get; private set; } = Begin;

    public TimeSpan Elapsed => Now - Begin;

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public void At(Instant moment, Action action) => _due.Enqueue(action, ((moment > Now ? moment : Now).Ticks, _order++));

    /// <summary>Runs until nothing is due before <paramref name="end"/> or <paramref name="isDone"/>.</summary>
    public void Run(Instant end, Func<bool> isDone)
    {
        while (!isDone() && _due.TryPeek(out _, out var when) && when.Ticks <= end.Ticks)
        {
            Now = new Instant(when.Ticks);
            _due.Dequeue()();
        }
    }
}

/// <summary>One direction of a network: every packet is delayed, and may be lost or come twice. Everything follows from the seed.</summary>
public sealed class LossyLink(Timeline timeline, Random random, LinkQuality quality)
{
    public int Carried { get; private set; }

    public int Lost { get; private set; }

    public void Send(Action deliver)
    {
        Carried++;
        if (random.NextDouble() < quality.Loss || IsBlackedOut())
        {
            Lost++;
            return;
        }
        timeline.After(Delay(), deliver);
        if (random.NextDouble() < quality.Duplication)
            timeline.After(Delay(), deliver);
    }

    private bool IsBlackedOut() => timeline.Elapsed >= quality.BlackoutFrom && timeline.Elapsed < quality.BlackoutFrom + quality.Blackout;

    private TimeSpan Delay() => quality.Delay + (quality.Jitter * random.NextDouble());
}

/// <param name="Loss">Share of packets lost, 0 to 1.</param>
/// <param name="Duplication">Share that comes twice.</param>
/// <param name="Delay">One way.</param>
/// <param name="Jitter">Most that is added to it at random; reorders packets.</param>
/// <param name="BlackoutFrom">When, after the start, the link carries nothing for a while.</param>
/// <param name="Blackout">How long that lasts.</param>
public sealed record LinkQuality(
    double Loss = 0,
    double Duplication = 0,
    TimeSpan Delay = default,
    TimeSpan Jitter = default,
    TimeSpan BlackoutFrom = default,
    TimeSpan Blackout = default);
