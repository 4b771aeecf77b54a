using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>Gathers reply headers into batches. Used from one thread; allocates the taken batches alone.</summary>
public sealed class ReplyBatchWriter
{
    private readonly BatchBuffer _buffer = new(ReplyEntryLayout.Size);
    private long _entriesTaken;

    public bool IsEmpty => _buffer.IsEmpty;

    /// <summary>True: <see cref="Take"/> before the next entry.</summary>
    public bool IsFull => _buffer.IsFull;

    /// <returns>The entry's number, from 1, never used twice.</returns>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public long Add(FlowId id, in ReplyHeader header)
    {
        ReplyEntryLayout.Write(_buffer.Append(), id, header);
        return _entriesTaken + _buffer.Entries;
    }

    /// <summary>
    /// Adds a packet to the last entry of its flow, where it follows that one's bytes and says nothing else that is new: an answer often comes as a header and
    /// a body. What a network card does for a real client (GRO).
    /// </summary>
    /// <param name="entry">Number of the flow's last entry; of an earlier batch it does no harm.</param>
    /// <param name="next">The packet behind it.</param>
    /// <returns>False: it needs an entry of its own.</returns>
    public bool TryJoin(long entry, in ReplyHeader next) =>
        entry > _entriesTaken && ReplyEntryLayout.TryJoin(_buffer.EntryAt((int)(entry - _entriesTaken) - 1), next);

    /// <summary>Hands out what was gathered, in order, and starts anew.</summary>
    public ReplyBatch Take()
    {
        _entriesTaken += _buffer.Entries;
        return new ReplyBatch(_buffer.Take());
    }
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
