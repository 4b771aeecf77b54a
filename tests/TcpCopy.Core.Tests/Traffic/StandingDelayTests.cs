using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class StandingDelayTests
{
    private readonly StandingDelay _delay = new(TimeSpan.FromSeconds(1));
    private Instant _now = Instant.FromUtc(DateTime.UnixEpoch.AddYears(56));

    private TimeSpan Late => _delay.Target;

    private TimeSpan InTime => _delay.Target - TimeSpan.FromMilliseconds(1);

    private TimeSpan Step => _delay.Interval / 10;

    [Fact]
    public void It_stands_once_every_packet_was_late_for_an_interval_and_no_longer_than_they_are()
    {
        Assert.False(Look(InTime));
        Assert.Equal(9, LooksUntilItStands(Late));
        Assert.True(Look(Late * 3));
        Assert.False(Look(InTime));
        Assert.Equal(9, LooksUntilItStands(Late));
    }

    [Fact]
    public void A_packet_in_time_begins_the_interval_anew()
    {
        for (var burst = 0; burst < 5; burst++)
        {
            for (var look = 0; look < 9; look++)
                Assert.False(Look(Late * 10));
            Assert.False(Look(InTime));
        }
    }

    [Fact]
    public void A_copier_that_catches_up_after_a_halt_is_not_overloaded()
    {
        Assert.False(Look(InTime));
        _now += _delay.Interval * 8;
        for (var delay = _delay.Interval * 8; delay >= Late; delay -= Step / 4)
            Assert.False(Look(delay));
    }

    [Fact]
    public void One_that_falls_further_behind_after_a_halt_is()
    {
        Assert.False(Look(InTime));
        _now += _delay.Interval * 8;
        Assert.Equal(10, LooksUntilItStands(_delay.Interval * 8));
    }

    [Fact]
    public void A_clock_that_is_set_begins_the_interval_anew()
    {
        foreach (var step in new[] { TimeSpan.FromHours(-1), TimeSpan.FromHours(1) })
        {
            Assert.False(Look(InTime));
            for (var look = 0; look < 5; look++)
                Assert.False(Look(Late));
            _now += step;
            Assert.Equal(10, LooksUntilItStands(Late));
        }
    }

    private int LooksUntilItStands(TimeSpan delay)
    {
        var looks = 0;
        while (!Look(delay))
            Assert.True(++looks < 100, "it does not stand");
        return looks;
    }

    private bool Look(TimeSpan delay)
    {
        _now += Step;
        _delay.Look(_now - delay, _now);
        return _delay.Stands;
    }
}
