using System.Collections.Concurrent;
using Akka.Dispatch;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>
/// One thread that turns: wait for descriptors, other threads' work or the next deadline; tell the actors concerned; run the queued
/// mailboxes; end the turn (flush what was batched). Everything on it shares the thread: no locks, no hand-over.
/// All members but <see cref="Execute(IRunnable)"/> and <see cref="Dispose"/> are for the loop's own thread.
/// </summary>
public sealed class EventLoop : IDisposable
{
    /// <summary>Mailbox runs between two looks at the descriptors: bounds how long captured packets wait in the kernel.</summary>
    private const int RunsPerTurn = 512;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly DescriptorPoll _poll = new();
    private readonly Queue<IRunnable> _own = new();
    private readonly ConcurrentQueue<IRunnable> _fromOthers = new();
    private readonly List<Action> _endOfTurn = [];
    private readonly List<PacedFlush> _paced = [];
    private readonly Action<Exception> _onError;
    private readonly TimeProvider _clock;
    private readonly Thread _thread;
    private Instant _nextFlush = Instant.Never;
    private int _waiting;
    private volatile bool _stopping;

    /// <param name="name">The thread's name.</param>
    /// <param name="onError">Told of what a callback threw; the loop goes on.</param>
    /// <param name="clock">What its deadlines go by.</param>
    public EventLoop(string name, Action<Exception> onError, TimeProvider clock)
    {
        (_onError, _clock) = (onError, clock);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>The loop whose thread this is.</summary>
    /// <exception cref="InvalidOperationException">The caller does not run on a loop: its actor lacks the loop dispatcher.</exception>
    public static EventLoop Current =>
        _current ?? throw new InvalidOperationException("not on an event loop: start this actor with the tcpcopy.loop-dispatcher");

    /// <summary>Monotonic time, read once a turn.</summary>
    public Instant Now { get; private set; }

    /// <summary>What the kernel stamps captured packets by, read at each call.</summary>
    public Instant WallClock => Instant.FromUtc(_clock.GetUtcNow().UtcDateTime);

    internal DeadlineHeap Deadlines { get; } = new();

    /// <summary>
    /// Calls <paramref name="onReadable"/> on each turn that finds the descriptor readable, or when the watch was asked to, until disposed. It should only tell
    /// an actor.
    /// </summary>
    public LoopWatch Watch(int fileDescriptor, Action onReadable) => new(_poll, Deadlines, fileDescriptor, onReadable);

    /// <summary>Whether the caller runs on this loop's thread. From any thread.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>Calls <paramref name="action"/> at the end of each turn, after the mailboxes ran, until disposed: the place to flush.</summary>
    public IDisposable AtEndOfTurn(Action action)
    {
        _endOfTurn.Add(action);
        return new Registration(() => _endOfTurn.Remove(action));
    }

    /// <summary>
    /// Flushes at the end of a turn that left something to flush, but not sooner than its interval after the flush before: what comes now
    /// and then leaves at once, what comes thick leaves together. Until disposed.
    /// </summary>
    /// <param name="interval">What the most pressing entry waits at most; null: there is nothing to flush.</param>
    /// <param name="flush">Sends all entries.</param>
    public IDisposable AtEndOfTurn(Func<TimeSpan?> interval, Action flush)
    {
        var paced = new PacedFlush(interval, flush);
        _paced.Add(paced);
        return new Registration(() => _paced.Remove(paced));
    }

    /// <summary>Mailboxes with work that wait for their turn.</summary>
    public int QueuedRuns => _own.Count + _fromOthers.Count;

    /// <summary>Queues a mailbox run. From any thread.</summary>
    public void Execute(IRunnable run)
    {
        if (_current == this)
        {
            _own.Enqueue(run);
            return;
        }
        _fromOthers.Enqueue(run);
        // Full fence on both sides: either this thread sees the loop waiting, or the loop sees the run before it waits.
        if (Interlocked.Exchange(ref _waiting, 0) == 1)
            _poll.Wake();
    }

    /// <summary>Queues an action behind the mailbox runs that are queued. From any thread.</summary>
    public void Execute(Action action) => Execute(new ActionRunnable(action));

    /// <summary>Ends the thread after the turn under way; what is queued by then is run first. From any thread.</summary>
    public void Dispose()
    {
        _stopping = true;
        _poll.Wake();
    }

    private void Run()
    {
        _current = this;
        Now = ReadClock();
        // Once: there are thousands of turns a second.
        Action turn = Turn;
        while (!_stopping || HasWork)
            Guard(turn);
        _poll.Dispose();
    }

    private bool HasWork => _own.Count > 0 || !_fromOthers.IsEmpty;

    private void Turn()
    {
        WaitForWork();
        Now = ReadClock();
        _poll.RunReady();
        RunMailboxes();
        // Behind what came: after a long turn a deadline may have passed for want of a reply that is here by now.
        if (Deadlines.FireDue(Now))
            RunMailboxes();
        for (var index = _endOfTurn.Count - 1; index >= 0; index--)
            Guard(_endOfTurn[index]);
        _nextFlush = Instant.Never;
        for (var index = _paced.Count - 1; index >= 0; index--)
            _nextFlush = Instant.Min(_nextFlush, FlushWhenDue(_paced[index]));
    }

    /// <summary>When the flush is due, if it is still to come.</summary>
    private Instant FlushWhenDue(PacedFlush paced)
    {
        if (paced.Due is not { } due)
            return Instant.Never;
        // The turn may have taken longer than the interval: what counts is the time now, not at the turn's start.
        var now = ReadClock();
        if (now < due)
            return due;
        paced.LastAt = now;
        Guard(paced.Flush);
        return paced.Due ?? Instant.Never;
    }

    private void WaitForWork()
    {
        Interlocked.Exchange(ref _waiting, 1);
        _poll.Wait(HasWork || _stopping ? TimeSpan.Zero : UntilDue());
        Volatile.Write(ref _waiting, 0);
    }

    private TimeSpan? UntilDue()
    {
        var due = Instant.Min(Deadlines.NextWake(), _nextFlush);
        return due == Instant.Never ? null : due - ReadClock();
    }

    private void RunMailboxes()
    {
        for (var runs = 0; runs < RunsPerTurn; runs++)
        {
            if (_fromOthers.TryDequeue(out var run) || _own.TryDequeue(out run))
                run.Run();
            else
                return;
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            // A mailbox contains its actor's exceptions; what comes here is a callback's. One failure must not end every session of the shard.
            _onError(error);
        }
    }

    private Instant ReadClock() => new(_clock.GetElapsedTime(0).Ticks);

    private sealed class PacedFlush(Func<TimeSpan?> interval, Action flush)
    {
        public Action Flush => flush;

        public Instant? LastAt { private get; set; }

        /// <summary>When the next flush may be; null: there is nothing to flush.</summary>
        public Instant? Due => interval() is { } wait ? LastAt is { } last ? last + wait : default : null;
    }

    private sealed class Registration(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
