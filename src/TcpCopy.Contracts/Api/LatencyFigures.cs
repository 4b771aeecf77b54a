namespace TcpCopy.Contracts.Api;

/// <summary>Times that were measured so far.</summary>
/// <param name="Counts">How many in each bucket: up to the bound of the same index, and above the one before; the last has no bound.</param>
/// <param name="Sum">Of all.</param>
public sealed record LatencyFigures(IReadOnlyList<long> Counts, TimeSpan Sum)
{
    private static readonly long[] BoundTicks = [.. new[]
    {
        0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
    }.Select(milliseconds => (long)(milliseconds * TimeSpan.TicksPerMillisecond))];

    /// <summary>Upper bounds of all buckets but the last.</summary>
    public static IReadOnlyList<TimeSpan> Bounds { get; } = [.. BoundTicks.Select(ticks => new TimeSpan(ticks))];

    public static LatencyFigures None { get; } = new(new long[BoundTicks.Length + 1], TimeSpan.Zero);

    public long Count => Counts.Sum();

    public static LatencyFigures operator +(LatencyFigures left, LatencyFigures right) =>
        new([.. left.Counts.Zip(right.Counts, (one, other) => one + other)], left.Sum + right.Sum);

    /// <summary>The time that a share of all did not exceed, interpolated within its bucket; null when nothing was measured.</summary>
    /// <param name="share">0 to 1.</param>
    public TimeSpan? Percentile(double share)
    {
        var wanted = Count * share;
        var (below, lower) = (0L, 0L);
        for (var bucket = 0; bucket < BoundTicks.Length; bucket++)
        {
            if (Counts[bucket] > 0 && below + Counts[bucket] >= wanted)
                return new TimeSpan(lower + (long)((BoundTicks[bucket] - lower) * (wanted - below) / Counts[bucket]));
            (below, lower) = (below + Counts[bucket], BoundTicks[bucket]);
        }
        // Beyond the last bound all that is known is that bound.
        return Count == 0 ? null : new TimeSpan(lower);
    }
}
