using Microsoft.Extensions.Time.Testing;

namespace TcpCopy.Web.Tests;

/// <summary>Virtual time whose timers may fire once more after they were given up, as a real one may that is under way on a thread of its own.</summary>
internal sealed class LateTimers : FakeTimeProvider
{
    private readonly List<(TimerCallback Callback, object? State, TimeSpan DueTime)> _made = [];

    public LateTimers()
        : base(DateTimeOffset.UnixEpoch)
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _made.Add((callback, state, dueTime));
        return base.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>Fires all that were made with this time.</summary>
    public void FireLate(TimeSpan dueTime)
    {
        foreach (var timer in _made.Where(timer => timer.DueTime == dueTime))
            timer.Callback(timer.State);
    }
}
