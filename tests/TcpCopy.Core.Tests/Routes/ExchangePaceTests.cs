using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Routes;

public sealed class ExchangePaceTests
{
    private readonly ExchangePace _pace = new();

    [Fact]
    public void Replies_that_follow_one_another_closely_make_a_quick_exchange()
    {
        for (var number = 0; number < ExchangePace.QuickStreak; number++)
            Assert.Equal(ExchangeHaste.None, _pace.Note(At(4 * number)));
        Assert.Equal(ExchangeHaste.Quick, _pace.Note(At(4 * ExchangePace.QuickStreak)));
        Assert.Equal(ExchangeHaste.Quick, _pace.Note(At(4 * ExchangePace.QuickStreak + 12)));
        Assert.Equal(ExchangeHaste.None, _pace.Note(At(4 * ExchangePace.QuickStreak + 25)));
        Assert.Equal(ExchangeHaste.None, _pace.Note(At(4 * ExchangePace.QuickStreak + 26)));
    }

    [Fact]
    public void A_client_that_thinks_between_requests_makes_none()
    {
        for (var number = 0; number < 100; number++)
            Assert.Equal(ExchangeHaste.None, _pace.Note(At(20 * number)));
    }

    [Fact]
    public void Replies_found_together_count_as_one()
    {
        for (var number = 0; number < 100; number++)
            Assert.Equal(ExchangeHaste.None, _pace.Note(At(5)));
    }

    [Fact]
    public void A_flow_is_hurried_while_its_copier_says_that_it_trails_and_the_target_is_quick()
    {
        var at = 0;
        for (; at <= ExchangePace.QuickStreak; at++)
            _pace.Note(At(at));
        Assert.Equal(ExchangeHaste.Quick, _pace.Note(At(++at)));
        _pace.Trail(At(at));
        Assert.Equal(ExchangeHaste.Hurried, _pace.Note(At(at += 2)));
        Assert.Equal(ExchangeHaste.Quick, _pace.Note(At(at += 3)));
        Assert.Equal(ExchangeHaste.Hurried, _pace.Note(At(++at)));
        for (; at < 300; at++)
            _pace.Note(At(at));
        Assert.Equal(ExchangeHaste.Quick, _pace.Note(At(at)));
    }

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(1000L * milliseconds);
}
