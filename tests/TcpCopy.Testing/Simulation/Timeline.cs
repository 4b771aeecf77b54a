using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>Virtual time: what is due runs in order of its time, then in order of its arrival.</summary>
public sealed class Timeline
{
    private static readonly Instant Begin = new(TimeSpan.FromHours(1).Ticks);

    private readonly PriorityQueue<Action, (long Ticks, long Order)> _due = new();
    private long _order;

    public Instant Now { get; private set; } = Begin;

    public TimeSpan Elapsed => Now - Begin;

    /// <summary>How many things have happened.</summary>
    public long Steps { get; private set; }

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public void At(Instant moment, Action action) => _due.Enqueue(action, ((moment > Now ? moment : Now).Ticks, _order++));

    /// <summary>Runs until nothing is due before <paramref name="end"/> or <paramref name="isDone"/>.</summary>
    public void Run(Instant end, Func<bool> isDone)
    {
        while (!isDone() && _due.TryPeek(out _, out var when) && when.Ticks <= end.Ticks)
        {
            Now = new Instant(when.Ticks);
            Steps++;
            _due.Dequeue()();
        }
    }
}
