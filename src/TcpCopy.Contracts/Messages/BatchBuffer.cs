namespace TcpCopy.Contracts.Messages;

/// <summary>The room in which a batch of fixed-size entries is gathered: allocated once, handed out as exact-size copies.</summary>
internal sealed class BatchBuffer(int entrySize)
{
    /// <summary>Most bytes of entries in one batch: well below the transport's frame limit, and enough to spread its cost a thousandfold.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly byte[] _bytes = new byte[MaxBytes / entrySize * entrySize];
    private int _used;

    public bool IsEmpty => _used == 0;

    public int Entries => _used / entrySize;

    public bool IsFull => _used == _bytes.Length;

    /// <summary>Room for one more entry; every byte of it is to be written.</summary>
    /// <exception cref="InvalidOperationException">The batch is full: it should have been taken.</exception>
    public Span<byte> Append()
    {
        if (IsFull)
            throw new InvalidOperationException($"a batch of {_bytes.Length / entrySize} entries is full; take it before adding more");
        var entry = _bytes.AsSpan(_used, entrySize);
        _used += entrySize;
        return entry;
    }

    public Span<byte> EntryAt(int index) => _bytes.AsSpan(index * entrySize, entrySize);

    public ReadOnlyMemory<byte> Take()
    {
        var taken = _bytes.AsSpan(0, _used).ToArray();
        _used = 0;
        return taken;
    }
}
