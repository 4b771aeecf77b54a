using TcpCopy.Web.Charts;
using TcpCopy.Web.Feed;
using Xunit;

namespace TcpCopy.Web.Tests;

/// <summary>From figures to what is drawn.</summary>
public sealed class PlotTests
{
    private static readonly LineSeries[] Requests = [new("captured", "online", sample => sample.Requests)];
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_line_ends_at_the_right_edge_and_has_a_hole_where_nothing_was_measured()
    {
        var plot = new LinePlot(Samples(50, 100, null, 50), Requests, Minute, LineScale.FromZero);

        Assert.Equal("M570 50L580 0M600 50", plot.Path(0));
        Assert.Equal((100, 50), (plot.Top, plot.Last(0)));
    }

    [Fact]
    public void Without_a_sample_there_is_nothing_to_draw()
    {
        var plot = new LinePlot([], Requests, Minute, LineScale.FromZero);

        Assert.Equal(("", 1, (double?)null), (plot.Path(0), plot.Top, plot.Last(0)));
    }

    [Fact]
    public void What_is_older_than_the_window_is_not_drawn()
    {
        var plot = new LinePlot(Samples([.. Enumerable.Repeat<double?>(7, 200)]), Requests, Minute, LineScale.FromZero);

        Assert.Equal(60, plot.Path(0).Count(letter => letter is 'M' or 'L'));
    }

    [Fact]
    public void A_long_window_is_drawn_in_steps_that_do_not_move_against_the_clock()
    {
        double?[] values = [.. Enumerable.Range(0, 600).Select(second => (double?)(second % 60))];
        var now = new LinePlot(Samples(values[..^3]), Requests, TimeSpan.FromMinutes(10), LineScale.FromZero);
        var later = new LinePlot(Samples(values), Requests, TimeSpan.FromMinutes(10), LineScale.FromZero);

        Assert.Equal(Heights(now).Skip(1), Heights(later).Skip(1).SkipLast(1));
        Assert.InRange(Heights(later).Count(), 100, 201);

        static IEnumerable<string> Heights(LinePlot plot) =>
            plot.Path(0).Split(['M', 'L'], StringSplitOptions.RemoveEmptyEntries).Select(point => point.Split(' ')[1]);
    }

    [Fact]
    public void Times_of_very_different_length_are_drawn_by_their_logarithm()
    {
        var plot = new LinePlot(Samples(0.001, 0.1), Requests, Minute, LineScale.Logarithmic);

        Assert.Equal((0.1, 0.01, 0.0001), (Math.Round(plot.Top, 9), Math.Round(Math.Sqrt(plot.Top * 0.001), 9), Math.Round(plot.Bottom, 9)));
        Assert.Equal("M590 66.7L600 0", plot.Path(0));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.45, 0.5)]
    [InlineData(100, 100)]
    [InlineData(101, 200)]
    [InlineData(2010, 3000)]
    [InlineData(8010, 10_000)]
    public void The_upper_edge_is_a_round_number(double value, double top) => Assert.Equal(top, LinePlot.NiceTop(value), precision: 9);

    [Fact]
    public void Both_sides_share_their_scales()
    {
        var plot = new SpreadPlot(TimeSpread.Of(Figures.Spread(0.001, 10)), TimeSpread.Of(Figures.Spread(0.01, 30)));

        Assert.Equal(["100 us", "1 ms", "10 ms"], plot.Ticks.Select(tick => tick.Name));
        Assert.Equal(1, plot.Top);
        Assert.Equal("M275 100V0H300V100Z", plot.Online);
        Assert.Equal("M575 100V0H600V100Z", plot.Target);
    }

    [Fact]
    public void A_difference_of_distributions_has_what_came_between()
    {
        var before = TimeSpread.Of(Figures.Spread(0.001, 10));
        var now = TimeSpread.Of(Figures.Spread(0.001, 10) with { Buckets = [new(0.001, 10), new(0.1, 5)] });

        Assert.Equal((5, 1), ((now - before).Count, (now - before).Peak));
        Assert.InRange((now - before).Percentile(0.5)!.Value, 0.08, 0.1);
        Assert.Null(TimeSpread.None.Percentile(0.5));
    }

    private static List<Sample> Samples(params double?[] requests) =>
        [.. requests.Select((value, second) => new Sample(DateTimeOffset.UnixEpoch.AddSeconds(second)) { Requests = value })];
}
