using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>Gathers reply headers into batches. Used from one thread; allocates the taken batches alone, whose bytes are rented.</summary>
public sealed class ReplyBatchWriter
{
    private readonly BatchBuffer _buffer = new(ReplyEntryLayout.MaxSize);
    private long _bytesTaken;

    /// <summary>The clock by which captures are timed, where entries have a trace; null: they have none.</summary>
    public Func<Instant>? TraceClock { get; set; }

    public bool IsEmpty => _buffer.IsEmpty;

    /// <summary>True: <see cref="Take"/> before the next entry.</summary>
    public bool IsFull => _buffer.IsFull;

    /// <returns>The entry's number, above 0, never used twice.</returns>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public long Add(FlowId id, in ReplyHeader header)
    {
        var number = _bytesTaken + _buffer.Used + 1;
        var isTraced = TraceClock is not null;
        ReplyEntryLayout.Write(_buffer.Append(ReplyEntryLayout.SizeOf(header.Options, isTraced)), id, header, isTraced);
        return number;
    }

    /// <summary>
    /// Adds a packet to the last entry of its flow, where it follows that one's bytes and says nothing else that is new: an answer often comes as a header and
    /// a body. What a network card does for a real client (GRO).
    /// </summary>
    /// <param name="entry">Number of the flow's last entry; of an earlier batch it does no harm.</param>
    /// <param name="next">The packet behind it.</param>
    /// <returns>False: it needs an entry of its own.</returns>
    public bool TryJoin(long entry, in ReplyHeader next) =>
        entry > _bytesTaken && ReplyEntryLayout.TryJoin(_buffer.From((int)(entry - _bytesTaken) - 1), next);

    /// <summary>Hands out what was gathered, in order, and starts anew.</summary>
    public ReplyBatch Take()
    {
        if (TraceClock is { } clock)
            ReplyEntryLayout.Settle(_buffer.From(0), ReplyTrace.Stamp(clock()));
        var batch = new ReplyBatch(_buffer.Filled);
        _bytesTaken += _buffer.Used;
        _buffer.Clear();
        return batch;
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
        if (!ReplyEntryLayout.TryMeasure(_left, out var size))
            return false;
        ReplyEntryLayout.Read(_left, out id, out header);
        _left = _left[size..];
        return true;
    }
}
