using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// What the target has told it holds beyond its acknowledgement (RFC 2018), and what follows for what it lacks (RFC 6675): sorted ranges that
/// do not touch, all of them behind the acknowledged position.
/// </summary>
internal struct SackScoreboard
{
    /// <summary>A target that reports more holes than this is served from the lowest ones.</summary>
    private const int MaximumCount = 256;

    private Ring<SackBlock> _held;

    public readonly bool IsEmpty => _held.Count == 0;

    /// <summary>Bytes held by the target.</summary>
    public int Bytes { get; private set; }

    /// <summary>Takes in the blocks of <paramref name="reply"/>; those that cannot be about what is in flight are ignored.</summary>
    /// <returns>True when they told something new.</returns>
    public bool Update(in ReplyHeader reply, SeqNumber acknowledged, SeqNumber sent)
    {
        var before = Bytes;
        for (var index = 0; index < Math.Min(reply.Options.SackCount, (byte)TcpOptions.MaxSackBlocks); index++)
        {
            var block = reply.Options.Sack[index];
            // A block at or below the acknowledgement reports a duplicate (RFC 2883), not a range that is held.
            if (block.Left > acknowledged && block.Left < block.Right && block.Right <= sent)
                Add(block);
        }
        return Bytes > before;
    }

    public void ForgetBefore(SeqNumber position)
    {
        while (_held.Count > 0 && _held[0].Right <= position)
        {
            Bytes -= _held[0].Right - _held[0].Left;
            _held.RemoveFirst();
        }
        if (_held.Count == 0 || _held[0].Left >= position)
            return;
        Bytes -= position - _held[0].Left;
        _held[0] = new SackBlock(position, _held[0].Right);
    }

    public void Clear()
    {
        _held.Clear();
        Bytes = 0;
    }

    /// <summary>Behind the last byte held; only when there is one.</summary>
    public readonly SeqNumber End => _held[_held.Count - 1].Right;

    /// <summary>Where the range around <paramref name="position"/> starts; the position itself when it is not held.</summary>
    public readonly SeqNumber StartOf(SeqNumber position)
    {
        for (var index = 0; index < _held.Count; index++)
        {
            if (_held[index].Left <= position && _held[index].Right > position)
                return _held[index].Left;
        }
        return position;
    }

    /// <summary>The first position at or behind <paramref name="position"/> that the target does not hold.</summary>
    public readonly SeqNumber Skip(SeqNumber position)
    {
        for (var index = 0; index < _held.Count && _held[index].Left <= position; index++)
            position = SeqNumber.Max(position, _held[index].Right);
        return position;
    }

    /// <summary>Where the next range that the target holds starts behind <paramref name="position"/>; <paramref name="end"/> when none does before.</summary>
    public readonly SeqNumber NextHeld(SeqNumber position, SeqNumber end)
    {
        for (var index = 0; index < _held.Count; index++)
        {
            if (_held[index].Left > position)
                return SeqNumber.Min(_held[index].Left, end);
        }
        return end;
    }

    /// <summary>
    /// The position before which every hole counts as lost: more than two segments behind it have arrived (IsLost of RFC 6675 section 4).
    /// </summary>
    public readonly SeqNumber LostBefore(SeqNumber acknowledged, int segmentSize)
    {
        var behind = 0;
        for (var index = _held.Count - 1; index >= 0; index--)
        {
            behind += _held[index].Right - _held[index].Left;
            if (behind > 2 * segmentSize || _held.Count - index >= 3)
                return _held[index].Left;
        }
        return acknowledged;
    }

    /// <summary>Bytes between two positions that the target does not hold.</summary>
    public readonly int HolesBetween(SeqNumber from, SeqNumber to)
    {
        var bytes = Math.Max(0, to - from);
        for (var index = 0; index < _held.Count; index++)
        {
            var overlap = SeqNumber.Min(_held[index].Right, to) - SeqNumber.Max(_held[index].Left, from);
            bytes -= Math.Max(0, overlap);
        }
        return bytes;
    }

    private void Add(SackBlock block)
    {
        var index = 0;
        while (index < _held.Count && _held[index].Right < block.Left)
            index++;
        while (index < _held.Count && _held[index].Left <= block.Right)
        {
            block = new SackBlock(SeqNumber.Min(block.Left, _held[index].Left), SeqNumber.Max(block.Right, _held[index].Right));
            Bytes -= _held[index].Right - _held[index].Left;
            _held.RemoveAt(index);
        }
        if (_held.Count == MaximumCount)
            return;
        Bytes += block.Right - block.Left;
        _held.Insert(index, block);
    }
}
