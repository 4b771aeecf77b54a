using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>A descriptor that a loop watches until this is disposed. Loop thread only.</summary>
public sealed class LoopWatch : LoopDeadline, IDisposable
{
    private readonly DescriptorPoll _poll;
    private readonly DeadlineHeap _deadlines;
    private readonly int _descriptor;

    internal LoopWatch(DescriptorPoll poll, DeadlineHeap deadlines, int descriptor, Action onReadable)
    {
        (_poll, _deadlines, _descriptor) = (poll, deadlines, descriptor);
        _poll.Add(descriptor, onReadable);
    }

    /// <summary>Also calls back when the descriptor takes more to be written.</summary>
    public bool WantsWrite { set => _poll.SetWriting(_descriptor, value); }

    /// <summary>Looks at the descriptor again at <paramref name="due"/>: what becomes readable until then is found together, by one wake-up.</summary>
    public void PauseUntil(Instant due)
    {
        _poll.SetPaused(_descriptor, true);
        _deadlines.Set(this, due);
    }

    public void Dispose()
    {
        _deadlines.Remove(this);
        _poll.Remove(_descriptor);
    }

    internal override void Fire() => _poll.SetPaused(_descriptor, false);
}
