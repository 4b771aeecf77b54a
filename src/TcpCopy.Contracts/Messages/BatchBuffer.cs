namespace TcpCopy.Contracts.Messages;

/// <summary>The room in which a batch of entries is gathered: allocated once, used again and again.</summary>
/// <param name="largestEntry">Most bytes that an entry takes.</param>
internal sealed class BatchBuffer(int largestEntry)
{
    /// <summary>Most bytes of entries in one batch: well below the transport's frame limit, and enough to spread its cost a thousandfold.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly byte[] _bytes = new byte[MaxBytes];
    private int _used;

    public bool IsEmpty => _used == 0;

    /// <summary>There might be no room for one more.</summary>
    public bool IsFull => _used > _bytes.Length - largestEntry;

    /// <summary>Where the next entry begins.</summary>
    public int Used => _used;

    public ReadOnlySpan<byte> Filled => _bytes.AsSpan(0, _used);

    /// <summary>Room for one more entry; every byte of it is to be written.</summary>
    /// <exception cref="InvalidOperationException">The batch is full: it should have been taken.</exception>
    public Span<byte> Append(int size)
    {
        if (IsFull)
            throw new InvalidOperationException($"a batch of {_used} bytes is full; take it before adding more");
        var entry = _bytes.AsSpan(_used, size);
        _used += size;
        return entry;
    }

    /// <summary>What was filled from there on.</summary>
    public Span<byte> From(int offset) => _bytes.AsSpan(offset.._used);

    /// <summary>Starts anew.</summary>
    public void Clear() => _used = 0;
}
