using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>A binary heap of armed timers, the earliest first; each knows its place, so it can be moved or taken out in O(log n).</summary>
internal sealed class DeadlineHeap
{
    private LoopTimer[] _timers = new LoopTimer[64];

    public int Count { get; private set; }

    public Instant Earliest => Count == 0 ? Instant.Never : _timers[0].Due;

    public void Set(LoopTimer timer, Instant due)
    {
        timer.Due = due;
        if (timer.HeapIndex < 0)
        {
            if (Count == _timers.Length)
                Array.Resize(ref _timers, Count * 2);
            Place(timer, Count++);
        }
        Settle(timer);
    }

    public void Remove(LoopTimer timer)
    {
        var index = timer.HeapIndex;
        if (index < 0)
            return;
        timer.HeapIndex = -1;
        timer.Due = Instant.Never;
        var last = _timers[--Count];
        _timers[Count] = null!;
        if (last == timer)
            return;
        Place(last, index);
        Settle(last);
    }

    /// <summary>Fires every timer due at <paramref name="now"/>; each is disarmed first.</summary>
    public void FireDue(Instant now)
    {
        while (Count > 0 && _timers[0].Due <= now)
        {
            var timer = _timers[0];
            Remove(timer);
            timer.Fire();
        }
    }

    private void Settle(LoopTimer timer)
    {
        MoveUp(timer);
        MoveDown(timer);
    }

    private void MoveUp(LoopTimer timer)
    {
        while (timer.HeapIndex > 0)
        {
            var parent = _timers[(timer.HeapIndex - 1) / 2];
            if (parent.Due <= timer.Due)
                return;
            Swap(parent, timer);
        }
    }

    private void MoveDown(LoopTimer timer)
    {
        while (true)
        {
            var child = 2 * timer.HeapIndex + 1;
            if (child >= Count)
                return;
            if (child + 1 < Count && _timers[child + 1].Due < _timers[child].Due)
                child++;
            if (timer.Due <= _timers[child].Due)
                return;
            Swap(timer, _timers[child]);
        }
    }

    private void Swap(LoopTimer upper, LoopTimer lower)
    {
        var upperIndex = upper.HeapIndex;
        Place(upper, lower.HeapIndex);
        Place(lower, upperIndex);
    }

    private void Place(LoopTimer timer, int index)
    {
        _timers[index] = timer;
        timer.HeapIndex = index;
    }
}
