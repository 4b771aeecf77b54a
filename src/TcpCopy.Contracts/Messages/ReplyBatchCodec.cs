using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>Gathers reply headers into batches. Used from one thread; allocates the taken batches alone.</summary>
public sealed class ReplyBatchWriter
{
    private readonly BatchBuffer _buffer = new(ReplyEntryLayout.Size);

    public bool IsEmpty => _buffer.IsEmpty;

    /// <summary>True: <see cref="Take"/> before the next entry.</summary>
    public bool IsFull => _buffer.IsFull;

    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Add(FlowId id, in ReplyHeader header) => ReplyEntryLayout.Write(_buffer.Append(), id, header);

    /// <summary>Hands out what was gathered, in order, and starts anew.</summary>
    public ReplyBatch Take() => new(_buffer.Take());
}

/// <summary>Walks the entries of a <see cref="ReplyBatch"/>.</summary>
public ref struct ReplyBatchReader(ReadOnlySpan<byte> entries)
{
    private ReadOnlySpan<byte> _left = entries;

    /// <summary>False at the end. Bytes that make no whole entry are not read; the serializer refuses such batches.</summary>
    public bool TryRead(out FlowId id, out ReplyHeader header)
    {
        (id, header) = (default, default);
        if (_left.Length < ReplyEntryLayout.Size)
            return false;
        ReplyEntryLayout.Read(_left, out id, out header);
        _left = _left[ReplyEntryLayout.Size..];
        return true;
    }
}
