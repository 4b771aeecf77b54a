using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>A binary heap of armed deadlines, the earliest first; each knows its place, so it can be moved or taken out in O(log n).</summary>
internal sealed class DeadlineHeap
{
    /// <summary>A loop that hardly ever waits does not keep thousands of places right for it.</summary>
    private const int MostMoves = 16;

    private LoopDeadline[] _items = new LoopDeadline[64];

    public int Count { get; private set; }

    public Instant Earliest => Count == 0 ? Instant.Never : _items[0].Due;

    /// <summary>
    /// How long to wait. Deadlines that were put off leave their places first: there are so many of them - each request puts its acknowledgement off, and each
    /// answer the repetition - that without it every third wake-up would be for nothing.
    /// </summary>
    public Instant NextWake()
    {
        for (var moves = 0; moves < MostMoves && Count > 0 && _items[0].MovesOn(); moves++)
        {
        }
        return Earliest;
    }

    public void Set(LoopDeadline deadline, Instant due)
    {
        deadline.Due = due;
        if (deadline.HeapIndex < 0)
        {
            if (Count == _items.Length)
                Array.Resize(ref _items, Count * 2);
            Place(deadline, Count++);
        }
        Settle(deadline);
    }

    public void Remove(LoopDeadline deadline)
    {
        var index = deadline.HeapIndex;
        if (index < 0)
            return;
        deadline.HeapIndex = -1;
        deadline.Due = Instant.Never;
        var last = _items[--Count];
        _items[Count] = null!;
        if (last == deadline)
            return;
        Place(last, index);
        Settle(last);
    }

    /// <summary>Fires all that is due at <paramref name="now"/>; each is disarmed first.</summary>
    /// <returns>Whether there was any.</returns>
    public bool FireDue(Instant now)
    {
        var isAnyDue = Earliest <= now;
        while (Count > 0 && _items[0].Due <= now)
        {
            var deadline = _items[0];
            Remove(deadline);
            deadline.Fire();
        }
        return isAnyDue;
    }

    private void Settle(LoopDeadline deadline)
    {
        MoveUp(deadline);
        MoveDown(deadline);
    }

    private void MoveUp(LoopDeadline deadline)
    {
        while (deadline.HeapIndex > 0)
        {
            var parent = _items[(deadline.HeapIndex - 1) / 2];
            if (parent.Due <= deadline.Due)
                return;
            Swap(parent, deadline);
        }
    }

    private void MoveDown(LoopDeadline deadline)
    {
        while (true)
        {
            var child = 2 * deadline.HeapIndex + 1;
            if (child >= Count)
                return;
            if (child + 1 < Count && _items[child + 1].Due < _items[child].Due)
                child++;
            if (deadline.Due <= _items[child].Due)
                return;
            Swap(deadline, _items[child]);
        }
    }

    private void Swap(LoopDeadline upper, LoopDeadline lower)
    {
        var upperIndex = upper.HeapIndex;
        Place(upper, lower.HeapIndex);
        Place(lower, upperIndex);
    }

    private void Place(LoopDeadline deadline, int index)
    {
        _items[index] = deadline;
        deadline.HeapIndex = index;
    }
}
