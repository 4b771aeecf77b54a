using TcpCopy.Web.Charts;
using TcpCopy.Web.Pages;
using Xunit;

namespace TcpCopy.Web.Tests;

/// <summary>Numbers as they are shown, and searches as nodes are asked.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.126, "0.13")]
    [InlineData(9.96, "10")]
    [InlineData(12.6, "13")]
    [InlineData(1234567, "1,234,567")]
    public void Numbers_have_no_more_digits_than_are_read(double value, string expected) => Assert.Equal(expected, Figure.Number(value));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.028, "28 kbit/s")]
    [InlineData(12.4, "12 Mbit/s")]
    [InlineData(1500, "1.5 Gbit/s")]
    public void Rates_of_bits_have_their_unit(double megabits, string expected) => Assert.Equal(expected, Figure.Bits(megabits));

    [Theory]
    [InlineData(930, "930 B")]
    [InlineData(3100, "3.1 KB")]
    [InlineData(161_000_000, "161 MB")]
    [InlineData(2_500_000_000, "2.5 GB")]
    public void Bytes_have_their_unit(double bytes, string expected) => Assert.Equal(expected, Figure.Bytes(bytes));

    [Theory]
    [InlineData(43.4, "43 s")]
    [InlineData(150, "2 min 30 s")]
    [InlineData(7380, "2 h 3 min")]
    [InlineData(266_400, "3 d 2 h")]
    public void Durations_have_two_units(double seconds, string expected) => Assert.Equal(expected, Figure.Duration(seconds));

    [Theory]
    [InlineData("replayed", "good")]
    [InlineData("sampled-out", "plain")]
    [InlineData("target-reset", "bad")]
    public void An_outcome_that_was_wanted_is_no_loss(string outcome, string kind) => Assert.Equal(kind, OutcomeKind.Of(outcome));

    [Theory]
    [InlineData(null, null, null, null, "sort=bytes&limit=25")]
    [InlineData(" [::1]:80 ", "connected", "age", null, "client=%5B%3A%3A1%5D%3A80&state=connected&sort=age&limit=25")]
    [InlineData("", "=target-reset", "hold", "7:0-3", "outcome=target-reset&sort=hold&limit=25&after=7%3A0-3")]
    [InlineData("", "no such", "no such", null, "sort=bytes&limit=25")]
    public void A_search_becomes_a_question(string? client, string? state, string? sort, string? after, string expected) =>
        Assert.Equal(expected, SessionSearch.Of(client, state, sort).ToQuery(after));
}
