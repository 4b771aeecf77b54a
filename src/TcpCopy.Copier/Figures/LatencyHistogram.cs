using TcpCopy.Contracts.Api;

namespace TcpCopy.Copier.Figures;

/// <summary>Counts times in fixed buckets, without allocation. Loop thread only.</summary>
internal sealed class LatencyHistogram
{
    private static readonly long[] BoundTicks = [.. LatencyFigures.Bounds.Select(bound => bound.Ticks)];

    private readonly long[] _counts = new long[LatencyFigures.Bounds.Count + 1];
    private long _ticks;

    /// <summary>Negative times, as of clocks that were set back, count as zero.</summary>
    public void Add(TimeSpan time)
    {
        var ticks = Math.Max(0, time.Ticks);
        var bucket = 0;
        while (bucket < BoundTicks.Length && ticks > BoundTicks[bucket])
            bucket++;
        _counts[bucket]++;
        _ticks += ticks;
    }

    public LatencyFigures Read() => new([.. _counts], new TimeSpan(_ticks));
}
