using Akka.Event;
using TcpCopy.Copier.Capture;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

public sealed class StandingDelayTests
{
    private static readonly Instant Start = Instant.FromUtc(DateTime.UnixEpoch.AddYears(56));
    private static readonly TimeSpan Late = StandingDelay.Target;
    private static readonly TimeSpan InTime = Late - TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Step = StandingDelay.Interval / 10;

    private readonly StandingDelay _delay = new(NoLogger.Instance);
    private Instant _now = Start;

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
    public void A_copier_that_was_halted_is_not_overloaded()
    {
        for (var halt = 0; halt < 10; halt++)
        {
            _now += StandingDelay.Interval * 2;
            Assert.False(Look(StandingDelay.Interval * 2));
        }
    }

    [Fact]
    public void A_clock_that_is_set_begins_the_interval_anew()
    {
        foreach (var step in new[] { TimeSpan.FromHours(-1), TimeSpan.FromHours(1) })
        {
            Assert.Equal(10, LooksUntilItStands(Late));
            _now += step;
        }
    }

    private int LooksUntilItStands(TimeSpan delay)
    {
        var looks = 0;
        while (!Look(delay))
            looks++;
        return looks;
    }

    private bool Look(TimeSpan delay)
    {
        _now += Step;
        _delay.Look(_now - delay, _now);
        return _delay.Stands;
    }
}
