using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// Gives replicas their ports, so that no two live ones have the same towards one target from one address. A port that was given back rests for as long as
/// others are free: the target may still remember its last connection. The same calls give the same ports. Used from one thread.
/// </summary>
public sealed class PortAllocator
{
    /// <summary>Beyond so many pairs of address and target those without a live replica are forgotten, and with them which port is next.</summary>
    private const int MostIdleBooks = 4096;

    private readonly Dictionary<(HostAddress Address, Endpoint Target), Book> _books = [];
    private readonly int _first;
    private readonly int _step;
    private readonly int _count;

    /// <param name="range">Which ports there are.</param>
    /// <param name="share">Of several allocators with the same range this one's part: ports whose remainder by <paramref name="shares"/> this is.</param>
    /// <param name="shares">How many allocators divide the range, at least 1.</param>
    public PortAllocator(PortRange range, int share = 0, int shares = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, shares);
        _step = shares;
        _first = range.First + ((share - range.First) % shares + shares) % shares;
        _count = _first > range.Last ? 0 : (range.Last - _first) / shares + 1;
    }

    /// <summary>Ports in use, of all addresses and targets.</summary>
    public int Live { get; private set; }

    /// <param name="address">Of the replica.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="preferred">Taken when it is this allocator's and free.</param>
    /// <param name="port">In use until it is given back.</param>
    /// <returns>False when every port is in use.</returns>
    public bool TryRent(HostAddress address, Endpoint target, ushort preferred, out ushort port)
    {
        port = 0;
        if (!_books.TryGetValue((address, target), out var book))
            _books[(address, target)] = book = new Book();
        if (book.Used.Count >= _count)
            return false;
        port = IsOwn(preferred) && !book.Used.Contains(preferred) ? preferred : NextFree(book);
        book.Used.Add(port);
        Live++;
        return true;
    }

    /// <summary>Ends the use of a port; of one that is not in use it does nothing.</summary>
    public void Release(HostAddress address, Endpoint target, ushort port)
    {
        if (!_books.TryGetValue((address, target), out var book) || !book.Used.Remove(port))
            return;
        Live--;
        if (book.Used.Count == 0 && _books.Count > MostIdleBooks)
            _books.Remove((address, target));
    }

    private bool IsOwn(ushort port) => port >= _first && (port - _first) % _step == 0 && (port - _first) / _step < _count;

    /// <summary>Round and round: of the free ports the one that is likely to have rested longest. One is free.</summary>
    private ushort NextFree(Book book)
    {
        while (true)
        {
            var port = (ushort)(_first + book.Next * _step);
            book.Next = (book.Next + 1) % _count;
            if (!book.Used.Contains(port))
                return port;
        }
    }

    /// <summary>The ports of one address towards one target.</summary>
    private sealed class Book
    {
        public HashSet<ushort> Used { get; } = [];

        public int Next { get; set; }
    }
}
