using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard that waits a second for a target.</summary>
public sealed class ShardGiveUpTests() : ShardKit(Settings with { Session = new SessionSettings { GiveUpAfter = TimeSpan.FromSeconds(1) } })
{
    [Fact]
    public void A_client_that_goes_on_after_its_session_was_given_up_is_joined_at_a_later_request()
    {
        var flow = Flow(40_000);
        Establish(flow);
        Feed.Client(flow, Data("lost"));
        Next(sent => sent.Flags.Has(TcpFlags.Rst));

        // The first request may be the rest of one; a second one begins where its client had seen more.
        Feed.Client(flow, Data("passed over", at: 5, seen: 10));
        Feed.Client(flow, Data("joined", at: 16, seen: 20));
        Assert.Equal(Replica(flow), Next(sent => sent.Flags == TcpFlags.Syn).Replica);

        var report = Stop();
        Assert.Equal(2, report.Sessions.Seen);
        Assert.Equal((1, 1), (report.Sessions.Ended[SessionOutcome.ReplyTimeout], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.Equal(4, report.Sessions.LostBytes[SessionOutcome.ReplyTimeout]);
        Assert.Equal(0, report.LeakedBytes);
    }
}
