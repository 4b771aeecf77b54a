using HdrHistogram;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Copier.Comparison;

/// <summary>Times, each kept to three digits, from a microsecond to an hour. Adding one allocates nothing.</summary>
public sealed class TimeDistribution
{
    private const long LongestMicroseconds = 3_600_000_000;
    private const int Digits = 3;

    private readonly HistogramBase _histogram;

    /// <summary>An empty one.</summary>
    public TimeDistribution()
        : this(new LongHistogram(1, LongestMicroseconds, Digits))
    {
    }

    private TimeDistribution(HistogramBase histogram) => _histogram = histogram;

    public long Count => _histogram.TotalCount;

    /// <summary>Zero when there is none.</summary>
    public TimeSpan Mean => Count == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(_histogram.GetMean());

    public TimeSpan Longest => Count == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(_histogram.GetMaxValue());

    public void Add(TimeSpan time) => _histogram.RecordValue(Math.Clamp((long)time.TotalMicroseconds, 1, LongestMicroseconds));

    /// <summary>The time that a share of all did not exceed; zero when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    public TimeSpan Percentile(double share) =>
        Count == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(_histogram.GetValueAtPercentile(share * 100));

    /// <summary>As it is now, for another thread.</summary>
    public TimeDistribution Copy() => new(_histogram.Copy());

    /// <summary>How many times lie in buckets of equal width on a logarithmic scale, by the bucket's upper bound; empty buckets are left out.</summary>
    public IReadOnlyList<(TimeSpan UpTo, long Count)> Buckets() =>
    [
        .. _histogram.RecordedValues()
            .GroupBy(value => (int)Math.Floor(Math.Log10(value.ValueIteratedTo) * SpreadPart.BucketsPerDecade), value => value.CountAtValueIteratedTo)
            .Select(bucket => (TimeSpan.FromMicroseconds(Math.Pow(10, (bucket.Key + 1) / (double)SpreadPart.BucketsPerDecade)), bucket.Sum())),
    ];

    public static TimeDistribution operator +(TimeDistribution left, TimeDistribution right)
    {
        var sum = left.Copy();
        sum._histogram.Add(right._histogram);
        return sum;
    }
}
