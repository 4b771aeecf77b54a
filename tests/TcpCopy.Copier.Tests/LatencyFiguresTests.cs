using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Figures;
using Xunit;

namespace TcpCopy.Copier.Tests;

public sealed class LatencyFiguresTests
{
    [Fact]
    public void A_time_counts_in_the_first_bucket_that_is_not_shorter()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.FromMilliseconds(-3));
        histogram.Add(TimeSpan.FromMilliseconds(0.1));
        histogram.Add(TimeSpan.FromMilliseconds(0.11));
        histogram.Add(TimeSpan.FromMinutes(1));

        var figures = histogram.Read();
        Assert.Equal(4, figures.Count);
        Assert.Equal((2, 1, 1), (figures.Counts[0], figures.Counts[1], figures.Counts[^1]));
        Assert.Equal(TimeSpan.FromMilliseconds(60_000.21), figures.Sum);
        Assert.Equal(8, (figures + figures).Count);
    }

    [Fact]
    public void A_percentile_lies_within_its_bucket()
    {
        var histogram = new LatencyHistogram();
        for (var time = 1; time <= 100; time++)
            histogram.Add(TimeSpan.FromMilliseconds(time));

        var figures = histogram.Read();
        Assert.InRange(figures.Percentile(0.5)!.Value.TotalMilliseconds, 25, 50);
        Assert.InRange(figures.Percentile(0.99)!.Value.TotalMilliseconds, 50, 100);
        Assert.Null(LatencyFigures.None.Percentile(0.5));
    }

    [Fact]
    public void Only_the_last_eight_events_are_kept_in_their_order()
    {
        var events = new SessionEvents();
        for (var number = 1; number <= 10; number++)
            events.Add(default, new Core.Wire.Instant(number * TimeSpan.TicksPerSecond), SessionEventKind.Segment, number);

        var kept = events.Read();
        Assert.Equal(Enumerable.Range(3, 8), kept.Select(item => item.Value));
        Assert.Equal(new SessionEvent(TimeSpan.FromSeconds(10), SessionEventKind.Segment, 10), kept[^1]);
    }
}
