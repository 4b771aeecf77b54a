using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>The reusable list that a session appends to; its owner sends what is in it, in order, and clears it before the next call.</summary>
public sealed class SessionOutput
{
    private OutgoingSegment[] _items = new OutgoingSegment[16];

    public int Count { get; private set; }

    public ReadOnlySpan<OutgoingSegment> Items => _items.AsSpan(0, Count);

    public void Add(in OutgoingSegment segment)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, _items.Length * 2);
        _items[Count++] = segment;
    }

    /// <summary>Forgets the items and their references to payload.</summary>
    public void Clear()
    {
        _items.AsSpan(0, Count).Clear();
        Count = 0;
    }
}
