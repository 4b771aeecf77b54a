using TcpCopy.Core.Traffic;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class CpuGuardTests
{
    [Fact]
    public void A_burst_changes_nothing()
    {
        var guard = new CpuGuard(0.5);

        Assert.All([0.9, 0.2, 0.2, 0.95, 0.1, 0.1], used => Assert.False(guard.OnMeasured(used)));
        Assert.Equal(1, guard.Share);
    }

    [Fact]
    public void What_takes_too_much_for_long_is_cut_to_what_fits()
    {
        var guard = new CpuGuard(0.5);

        Assert.False(guard.OnMeasured(0.8));
        Assert.False(guard.OnMeasured(0.7));
        Assert.True(guard.OnMeasured(0.75));
        Assert.Equal(0.75, guard.Used, 9);
        Assert.Equal(0.6, guard.Share, 9);
    }

    [Fact]
    public void Within_the_limit_but_near_it_all_stays_as_it_is()
    {
        var guard = new CpuGuard(0.5);
        Feed(guard, 1.0);
        var cut = guard.Share;

        Feed(guard, 0.45);
        Feed(guard, 0.36);

        Assert.Equal(cut, guard.Share);
    }

    [Fact]
    public void With_room_again_the_share_grows_back_to_all()
    {
        var guard = new CpuGuard(0.2);
        for (var round = 0; round < 20; round++)
            Feed(guard, 1.0);
        Assert.Equal(0.01, guard.Share);

        var shares = new List<double>();
        while (guard.Share < 1)
        {
            Feed(guard, 0.1);
            shares.Add(guard.Share);
        }

        Assert.Equal(shares.Order(), shares);
        Assert.InRange(shares.Count, 10, 30);
    }

    /// <summary>A load that takes as much as its share lets it settles within the limit and stays there.</summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(0.5)]
    public void A_steady_load_settles_below_the_limit(double limit)
    {
        var guard = new CpuGuard(limit);
        var changes = 0;
        for (var second = 0; second < 300; second++)
        {
            // A fiftieth of the machine is taken whatever is copied.
            if (guard.OnMeasured(0.02 + 0.9 * guard.Share) && second > 60)
                changes++;
        }

        Assert.InRange(0.02 + 0.9 * guard.Share, limit * 0.5, limit);
        Assert.Equal(0, changes);
    }

    private static void Feed(CpuGuard guard, double used)
    {
        for (var measured = 0; measured < 3; measured++)
            guard.OnMeasured(used);
    }
}
