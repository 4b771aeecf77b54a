using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Routes;

public sealed class LookPaceTests
{
    private readonly HasteGauge _haste = new();
    private readonly LookPace _pace;

    public LookPaceTests() => _pace = new LookPace(_haste, isHeld: false);

    [Fact]
    public void A_burst_is_gathered_and_then_the_tap_rests()
    {
        Assert.Equal(LookPace.Gathering, _pace.BeforeLook(At(100)));
        Assert.Null(_pace.BeforeLook(At(101)));
        Assert.Equal(LookPace.Gathering, Look(found: 30, at: 101));
        Assert.Null(_pace.BeforeLook(At(102)));
        Assert.Null(Look(found: 0, at: 102));
        Assert.Equal(LookPace.Gathering, _pace.BeforeLook(At(103)));
    }

    [Fact]
    public void Replies_that_come_all_the_time_are_looked_at_less_often()
    {
        var at = Burst(from: 100);
        for (var looks = 0; looks < 5; looks++, at += 8)
            Assert.Equal(LookPace.Steady, Look(found: 10, at));
        Assert.Null(Look(found: 0, at));
        // They go on before that was a lull: eight milliseconds and three since there were any.
        Assert.Equal(LookPace.Gathering, _pace.BeforeLook(At(at + 3)));
        Assert.Equal(LookPace.Steady, Look(found: 1, at + 4));
    }

    [Fact]
    public void What_comes_after_a_lull_is_a_burst_again()
    {
        var at = Burst(from: 100);
        Assert.Equal(LookPace.Steady, Look(found: 10, at));
        Assert.Null(Look(found: 0, at + 8));
        Assert.Equal(LookPace.Gathering, _pace.BeforeLook(At(at + 12)));
        Assert.Equal(LookPace.Gathering, Look(found: 10, at + 13));
    }

    [Fact]
    public void A_quick_exchange_waits_for_nobody()
    {
        var flow = new ExchangePace();
        for (var at = 100; at <= 100 + ExchangePace.QuickStreak; at++)
            _haste.Note(flow, At(at));
        Assert.Equal(LookPace.Quick, Look(found: 1, at: 108));
        Assert.Equal(LookPace.Busy, Look(found: 32, at: 108));
        Assert.Null(Look(found: 0, at: 109));
        // Its next reply comes ten milliseconds later: whoever takes that long every time falls behind by what each of them waits.
        Assert.Null(_pace.BeforeLook(At(119)));
        Look(found: 0, at: 119);
        Assert.Equal(LookPace.Gathering, _pace.BeforeLook(At(120)));
    }

    [Fact]
    public void Nor_does_a_replica_that_falls_behind()
    {
        _haste.Trail(new ExchangePace(), At(100));
        Assert.Null(_pace.BeforeLook(At(299)));
        Look(found: 0, at: 299);
        Assert.Equal(LookPace.Gathering, _pace.BeforeLook(At(300)));
    }

    [Theory]
    [InlineData(4, null)]
    [InlineData(5, 250)]
    public void Flows_in_a_hurry_share_a_look_when_they_are_many(int count, int? microseconds)
    {
        var flows = Enumerable.Range(0, count).Select(_ => new ExchangePace()).ToList();
        flows.ForEach(flow => _haste.Trail(flow, At(100)));
        for (var at = 100; at <= 100 + ExchangePace.QuickStreak; at++)
            flows.ForEach(flow => _haste.Note(flow, At(at)));
        Assert.Equal(microseconds is { } wait ? TimeSpan.FromMicroseconds(wait) : null, Look(count, at: 108));
    }

    [Fact]
    public void What_is_held_is_looked_at_at_once()
    {
        var pace = new LookPace(_haste, isHeld: true);
        Assert.Null(pace.BeforeLook(At(100)));
        Assert.Equal(LookPace.Quick, pace.AfterLook(found: 1, At(100)));
    }

    /// <summary>One that has had all its looks but the last. Returns when that is due.</summary>
    private int Burst(int from)
    {
        _pace.BeforeLook(At(from));
        for (var looks = 1; looks < LookPace.BurstLooks; looks++)
            Assert.Equal(LookPace.Gathering, Look(found: 10, from + looks));
        return from + LookPace.BurstLooks;
    }

    private TimeSpan? Look(int found, int at) => _pace.AfterLook(found, At(at));

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(1000L * milliseconds);
}
