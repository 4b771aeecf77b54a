using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using TcpCopy.Cli.Http;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Web.Pages;
using Xunit;

namespace TcpCopy.Cli.Tests.Http;

public sealed class SessionQueryParserTests
{
    [Fact]
    public void Nothing_asks_for_the_oldest_live_sessions() => Assert.Equal(new SessionQuery(), Parse(""));

    [Fact]
    public void Everything_can_be_asked_for()
    {
        Assert.Equal(
            new SessionQuery
            {
                Client = HostAddress.Parse("10.0.0.9"), ClientPort = 4000, Phase = SessionPhase.TimeWait, Order = SessionOrder.Retransmissions, Limit = 7,
                After = new SessionCursor(-5, new SessionName(1, 17)),
            },
            Parse("client=10.0.0.9:4000&state=time-wait&sort=retransmissions&limit=7&after=-5:1-17"));
        Assert.Equal(new SessionQuery { IsEnded = true, Outcome = SessionOutcome.TargetReset }, Parse("outcome=target-reset"));
        Assert.Equal(new SessionQuery { IsEnded = true }, Parse("state=ended"));
        Assert.Equal(new SessionQuery { Client = HostAddress.Parse("::1") }, Parse("client=[::1]"));
    }

    [Theory]
    [InlineData("colour=red", "'colour' is unknown")]
    [InlineData("client=ten", "client 'ten'")]
    [InlineData("state=sleeping", "state 'sleeping': give ended or one of awaiting-syn")]
    [InlineData("outcome=lost", "outcome 'lost': give one of replayed")]
    [InlineData("outcome=shed&state=connected", "leave state out")]
    [InlineData("sort=name", "sort 'name': give one of age, bytes, retransmissions, hold")]
    [InlineData("limit=0", "from 1 to 1000")]
    [InlineData("limit=1001", "from 1 to 1000")]
    [InlineData("after=x", "after 'x'")]
    public void What_cannot_be_asked_is_told(string query, string expected)
    {
        Assert.False(SessionQueryParser.TryParse(Collect(query), out _, out var fault));
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_offers_all_that_can_be_asked_for()
    {
        var ofStates = SessionSearch.States.Select(state => Ask("", state.Value, "")).ToList();
        Assert.Equal(Enum.GetValues<SessionOutcome>(), ofStates.Select(query => query.Outcome).OfType<SessionOutcome>());
        Assert.Equal(
            Enum.GetValues<SessionPhase>().Where(phase => phase != SessionPhase.Closed),
            ofStates.Select(query => query.Phase).OfType<SessionPhase>());
        Assert.Contains(ofStates, query => query is { IsEnded: true, Outcome: null });
        Assert.Equal(Enum.GetValues<SessionOrder>(), SessionSearch.Sorts.Select(sort => Ask("", "", sort.Value).Order).Order());

        static SessionQuery Ask(string client, string state, string sort) => Parse(SessionSearch.Of(client, state, sort).ToQuery(after: null));
    }

    [Fact]
    public void No_live_session_is_closed() => Assert.False(SessionQueryParser.TryParse(Collect("state=closed"), out _, out _));

    private static SessionQuery Parse(string text)
    {
        Assert.True(SessionQueryParser.TryParse(Collect(text), out var query, out var fault), fault);
        return query;
    }

    private static QueryCollection Collect(string text) => new(QueryHelpers.ParseQuery(text));
}
