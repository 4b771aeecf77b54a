using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>A run of the target's sequence space, <c>Left</c> in and <c>Right</c> out.</summary>
/// <param name="Left">First position.</param>
/// <param name="Right">Position behind the last.</param>
/// <param name="Pushed">The packet that ended the run had PSH or FIN.</param>
internal readonly record struct ReplyRange(SeqNumber Left, SeqNumber Right, bool Pushed);

/// <summary>What has come of the target's stream behind a hole: sorted ranges that do not touch, bounded in number.</summary>
internal struct ReplyRanges
{
    /// <summary>A target that loses more than every other packet of so long a run is served by retransmission alone.</summary>
    private const int MaximumCount = 64;

    private Ring<ReplyRange> _ranges;
    private SeqNumber _latest;

    public readonly bool IsEmpty => _ranges.Count == 0;

    /// <summary>Adds a range, merging it with those that it touches. Beyond the bound the range is forgotten: the target sends it again.</summary>
    public void Add(in ReplyRange range)
    {
        _latest = range.Left;
        var index = 0;
        while (index < _ranges.Count && _ranges[index].Right < range.Left)
            index++;
        if (index < _ranges.Count && _ranges[index].Left <= range.Right)
        {
            MergeInto(index, range);
            return;
        }
        if (_ranges.Count < MaximumCount)
            _ranges.Insert(index, range);
    }

    /// <summary>Takes out the ranges that continue a stream received up to <paramref name="next"/> and moves it behind them.</summary>
    /// <param name="next">Next position expected.</param>
    /// <param name="pushed">Whether what ends at <paramref name="next"/> had PSH or FIN.</param>
    public void Join(ref SeqNumber next, ref bool pushed)
    {
        while (_ranges.Count > 0 && _ranges[0].Left <= next)
        {
            if (_ranges[0].Right > next)
                (next, pushed) = (_ranges[0].Right, _ranges[0].Pushed);
            _ranges.RemoveFirst();
        }
    }

    /// <summary>Writes SACK blocks, the most recently changed first (RFC 2018 section 4).</summary>
    public void WriteTo(ref TcpOptions options, int limit)
    {
        var latest = LatestIndex();
        for (var step = 0; step < _ranges.Count && options.SackCount < limit; step++)
        {
            var range = _ranges[(latest + step) % _ranges.Count];
            options.Sack[options.SackCount++] = new SackBlock(range.Left, range.Right);
        }
    }

    private int LatestIndex()
    {
        for (var index = 0; index < _ranges.Count; index++)
        {
            if (_ranges[index].Left <= _latest && _latest < _ranges[index].Right)
                return index;
        }
        return 0;
    }

    private void MergeInto(int index, in ReplyRange range)
    {
        var merged = Union(_ranges[index], range);
        while (index + 1 < _ranges.Count && _ranges[index + 1].Left <= merged.Right)
        {
            merged = Union(merged, _ranges[index + 1]);
            _ranges.RemoveAt(index + 1);
        }
        _ranges[index] = merged;
    }

    private static ReplyRange Union(in ReplyRange one, in ReplyRange other) => new(
        SeqNumber.Min(one.Left, other.Left),
        SeqNumber.Max(one.Right, other.Right),
        one.Right > other.Right ? one.Pushed : other.Right > one.Right ? other.Pushed : one.Pushed || other.Pushed);
}
