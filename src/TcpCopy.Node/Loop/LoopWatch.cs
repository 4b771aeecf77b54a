using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>A descriptor that a loop watches until this is disposed. Loop thread only.</summary>
public sealed class LoopWatch : LoopDeadline, IDisposable
{
    private readonly DescriptorPoll _poll;
    private readonly DeadlineHeap _deadlines;
    private readonly int _descriptor;
    private readonly Action _onReadable;
    private bool _callsWhenDue;

    internal LoopWatch(DescriptorPoll poll, DeadlineHeap deadlines, int descriptor, Action onReadable)
    {
        (_poll, _deadlines, _descriptor, _onReadable) = (poll, deadlines, descriptor, onReadable);
        _poll.Add(descriptor, onReadable);
    }

    /// <summary>Also calls back when the descriptor takes more to be written.</summary>
    public bool WantsWrite { set => _poll.SetWriting(_descriptor, value); }

    /// <summary>Looks at the descriptor again at <paramref name="due"/>: what becomes readable until then is found together, by one wake-up.</summary>
    public void PauseUntil(Instant due) => PauseUntil(due, callsWhenDue: false);

    /// <summary>
    /// Calls back at <paramref name="due"/> and not before, whether there is something to read then or not: where there will be, it spares the wait that
    /// would only find that out.
    /// </summary>
    public void CallAt(Instant due) => PauseUntil(due, callsWhenDue: true);

    public void Dispose()
    {
        _deadlines.Remove(this);
        _poll.Remove(_descriptor);
    }

    internal override void Fire()
    {
        _poll.SetPaused(_descriptor, false);
        if (_callsWhenDue)
            _onReadable();
    }

    private void PauseUntil(Instant due, bool callsWhenDue)
    {
        _callsWhenDue = callsWhenDue;
        _poll.SetPaused(_descriptor, true);
        _deadlines.Set(this, due);
    }
}
