using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Feed;

/// <summary>Times in buckets of equal width on a logarithmic scale, so that what was measured in a while can be told from all before.</summary>
/// <param name="counts">By the bucket: its upper bound is 10 to the power of <c>bucket / <see cref="SpreadPart.BucketsPerDecade"/></c> seconds.</param>
public sealed class TimeSpread(IReadOnlyDictionary<int, long> counts)
{
    public static TimeSpread None { get; } = new(new Dictionary<int, long>());

    /// <summary>Buckets that hold something, the shortest times first.</summary>
    public IReadOnlyList<KeyValuePair<int, long>> Buckets { get; } = [.. counts.Where(bucket => bucket.Value > 0).OrderBy(bucket => bucket.Key)];

    public long Count => Buckets.Sum(bucket => bucket.Value);

    /// <summary>What share of all the fullest bucket holds.</summary>
    public double Peak => Buckets.Count == 0 ? 0 : (double)Buckets.Max(bucket => bucket.Value) / Count;

    public static TimeSpread Of(SpreadPart times) => new(times.Buckets.ToDictionary(bucket => BucketOf(bucket.UpTo), bucket => bucket.Count));

    public static TimeSpread operator -(TimeSpread now, TimeSpread before)
    {
        var past = before.Buckets.ToDictionary();
        return new TimeSpread(now.Buckets.ToDictionary(bucket => bucket.Key, bucket => bucket.Value - past.GetValueOrDefault(bucket.Key)));
    }

    /// <summary>The upper bound of a bucket, in seconds.</summary>
    public static double UpTo(double bucket) => Math.Pow(10, bucket / SpreadPart.BucketsPerDecade);

    /// <summary>The seconds that a share of all did not exceed, interpolated within its bucket; null when there are none.</summary>
    /// <param name="share">0 to 1.</param>
    public double? Percentile(double share)
    {
        var wanted = Count * share;
        var below = 0L;
        foreach (var (bucket, count) in Buckets)
        {
            if (below + count >= wanted)
                return UpTo(bucket - 1 + (wanted - below) / count);
            below += count;
        }
        return null;
    }

    private static int BucketOf(double upTo) => (int)Math.Round(Math.Log10(upTo) * SpreadPart.BucketsPerDecade);
}
