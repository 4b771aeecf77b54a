namespace TcpCopy.Core.Session;

/// <summary>
/// A double-ended list in one array that is allocated at the first item. A mutable struct: hold it in a field, never copy it.
/// </summary>
internal struct Ring<T>
{
    private const int FirstCapacity = 4;

    /// <summary>A ring of more places than this gives its array back once it holds few items, so that an idle session stays small after a burst.</summary>
    private const int KeptCapacity = 64;

    /// <summary>So many items are few. Not only none: of requests the last one stays.</summary>
    private const int Few = KeptCapacity / 4;

    private T[]? _items;
    private int _head;

    public int Count { get; private set; }

    /// <param name="index">0 for the first item.</param>
    public readonly ref T this[int index] => ref _items![(_head + index) & (_items.Length - 1)];

    public void AddLast(in T item)
    {
        Reserve();
        Count++;
        this[Count - 1] = item;
    }

    /// <summary>Moves what lies at and behind <paramref name="index"/> one place back; costs as much as there is behind.</summary>
    public void Insert(int index, in T item)
    {
        AddLast(item);
        for (var place = Count - 1; place > index; place--)
            this[place] = this[place - 1];
        this[index] = item;
    }

    public void RemoveFirst()
    {
        this[0] = default!;
        _head = (_head + 1) & (_items!.Length - 1);
        Count--;
        Shrink();
    }

    public void RemoveLast()
    {
        this[Count - 1] = default!;
        Count--;
        Shrink();
    }

    /// <summary>Takes one item out; costs as much as there is before it.</summary>
    public void RemoveAt(int index)
    {
        for (var place = index; place > 0; place--)
            this[place] = this[place - 1];
        RemoveFirst();
    }

    public void Clear()
    {
        _items = null;
        _head = 0;
        Count = 0;
    }

    /// <summary>The array is as large again only after dozens of items more, so that one ring does this seldom.</summary>
    private void Shrink()
    {
        if (_items!.Length > KeptCapacity && Count <= Few)
            Move(2 * Few);
    }

    private void Reserve()
    {
        if (_items is null)
        {
            _items = new T[FirstCapacity];
            return;
        }
        if (Count == _items.Length)
            Move(2 * Count);
    }

    private void Move(int capacity)
    {
        var items = new T[capacity];
        for (var index = 0; index < Count; index++)
            items[index] = this[index];
        _items = items;
        _head = 0;
    }
}
