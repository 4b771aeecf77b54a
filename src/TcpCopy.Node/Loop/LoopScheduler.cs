using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>
/// Akka's timers, on the node's loop: it wakes when something is due. Akka's own scheduler ticks all the time, and each tick wakes two threads: on an
/// idle node that was two thirds of all it did. Named in HOCON as <c>akka.scheduler.implementation</c>. All members are safe from any thread.
/// </summary>
public sealed class LoopScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    /// <summary>What waits this long is put off to the next whole multiple of <see cref="CoarseGrain"/>: gossip and heartbeats then share a wake-up.</summary>
    private static readonly TimeSpan CoarseFrom = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CoarseGrain = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan FineGrain = TimeSpan.FromMilliseconds(20);

    /// <summary>So many are not looked through for cancelled ones.</summary>
    private const int FewWaiting = 64;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<ScheduledRun, Instant> _waiting = new();
    private readonly Alarm _alarm;
    private LoopDispatcher? _dispatcher;
    private int _mostWaiting = FewWaiting;
    private bool _isOver;

    public LoopScheduler(Config config, ILoggingAdapter log)
        : base(config, log) => _alarm = new Alarm(RunDue);

    public DateTimeOffset Now => TimeNow;

    public override TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(0);

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override DateTimeOffset TimeNow => DateTimeOffset.Now;

    internal int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Gives it the loop to run on, which then lives as long as this; what was scheduled before has waited for it. The first one counts.</summary>
    internal void RunOn(LoopDispatcher dispatcher)
    {
        lock (_gate)
        {
            if (_dispatcher is not null)
                return;
            _dispatcher = dispatcher;
            _dispatcher.OutlivesActors = true;
            if (_waiting.Count > 0)
                SetAlarmSoon();
        }
    }

    /// <summary>What still waits is run at once, as a dispatcher's end that was put off; nothing can be scheduled any more.</summary>
    public void Dispose()
    {
        List<ScheduledRun> rest;
        lock (_gate)
        {
            _isOver = true;
            rest = [.. _waiting.UnorderedItems.Select(item => item.Element)];
            _waiting.Clear();
        }
        rest.ForEach(RunOnce);
        _dispatcher?.End();
    }

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Schedule(delay, TimeSpan.Zero, new ActionRunnable(() => receiver.Tell(message, sender)), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Schedule(initialDelay, interval, new ActionRunnable(() => receiver.Tell(message, sender)), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Schedule(delay, TimeSpan.Zero, new ActionRunnable(action), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Schedule(delay, TimeSpan.Zero, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Schedule(initialDelay, interval, new ActionRunnable(action), cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Schedule(initialDelay, interval, action, cancelable);

    private void Schedule(TimeSpan delay, TimeSpan interval, IRunnable action, ICancelable? cancelable)
    {
        lock (_gate)
        {
            if (_isOver)
                throw new SchedulerException("the scheduler has ended: nothing can be scheduled any more");
            var due = RoundUp(new Instant(MonotonicClock.Ticks) + delay, delay);
            var isNext = !_waiting.TryPeek(out _, out var next) || due < next;
            _waiting.Enqueue(new ScheduledRun(action, interval, cancelable), due);
            if (isNext)
                SetAlarmSoon();
            if (_waiting.Count > _mostWaiting)
                DropCancelled();
        }
    }

    /// <summary>A time-out that was not needed may be due in days.</summary>
    private void DropCancelled()
    {
        var live = _waiting.UnorderedItems.Where(item => !item.Element.IsCancelled).ToArray();
        _waiting.Clear();
        _waiting.EnqueueRange(live);
        _mostWaiting = Math.Max(FewWaiting, 2 * live.Length);
    }

    private static Instant RoundUp(Instant due, TimeSpan wait)
    {
        var grain = (wait < CoarseFrom ? FineGrain : CoarseGrain).Ticks;
        return new((due.Ticks + grain - 1) / grain * grain);
    }

    /// <summary>A loop's deadlines are its own thread's.</summary>
    private void SetAlarmSoon()
    {
        if (_dispatcher is null)
            return;
        var loop = _dispatcher.Loop;
        loop.Execute(() => SetAlarm(loop));
    }

    private void SetAlarm(EventLoop loop)
    {
        lock (_gate)
        {
            if (_waiting.TryPeek(out _, out var next))
                loop.Deadlines.Set(_alarm, next);
        }
    }

    private void RunDue()
    {
        var loop = EventLoop.Current;
        while (NextDue(loop.Now) is { } run)
            RunOnce(run);
        SetAlarm(loop);
    }

    /// <summary>The time after one that was due: an interval later, from now on where that is over, too.</summary>
    internal static Instant NextAfter(Instant due, Instant now, TimeSpan interval) => RoundUp((due + interval > now ? due : now) + interval, interval);

    /// <summary>What is repeated waits for its next time already when it is run.</summary>
    private ScheduledRun? NextDue(Instant now)
    {
        lock (_gate)
        {
            if (!_waiting.TryPeek(out var run, out var due) || due > now)
                return null;
            _waiting.Dequeue();
            if (run is { IsRepeated: true, IsCancelled: false })
                _waiting.Enqueue(run, NextAfter(due, now, run.Interval));
            return run;
        }
    }

    private void RunOnce(ScheduledRun run)
    {
        try
        {
            if (!run.IsCancelled)
                run.Action.Run();
        }
        catch (SchedulerException)
        {
            // Of an actor that wants to be told again later, and is told at the end.
        }
        catch (Exception error)
        {
            Log.Error(error, "what was scheduled failed");
        }
    }

    /// <param name="Interval">Zero: once.</param>
    private sealed record ScheduledRun(IRunnable Action, TimeSpan Interval, ICancelable? Cancelable)
    {
        public bool IsRepeated => Interval > TimeSpan.Zero;

        public bool IsCancelled => Cancelable is { IsCancellationRequested: true };
    }

    /// <summary>The one place that all of them have in the loop's heap.</summary>
    private sealed class Alarm(Action onDue) : LoopDeadline
    {
        internal override void Fire() => onDue();
    }
}
