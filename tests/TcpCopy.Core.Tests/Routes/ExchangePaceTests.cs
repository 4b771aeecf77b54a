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
            Assert.False(_pace.Note(At(4 * number)));
        Assert.True(_pace.Note(At(4 * ExchangePace.QuickStreak)));
        Assert.True(_pace.Note(At(4 * ExchangePace.QuickStreak + 12)));
        Assert.False(_pace.Note(At(4 * ExchangePace.QuickStreak + 25)));
        Assert.False(_pace.Note(At(4 * ExchangePace.QuickStreak + 26)));
    }

    [Fact]
    public void A_client_that_thinks_between_requests_makes_none()
    {
        for (var number = 0; number < 100; number++)
            Assert.False(_pace.Note(At(20 * number)));
    }

    [Fact]
    public void Replies_found_together_count_as_one()
    {
        for (var number = 0; number < 100; number++)
            Assert.False(_pace.Note(At(5)));
    }

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(1000L * milliseconds);
}
