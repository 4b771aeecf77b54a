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

    [Fact]
    public void A_client_that_goes_on_after_its_target_reset_the_replica_is_joined_ten_seconds_later()
    {
        var flow = Flow(40_000);
        var id = Establish(flow);
        Feed.Client(flow, Data("lost"));
        NextPayload();
        Acknowledge(id, bytes: 0, flags: TcpFlags.Rst);
        Feed.Client(flow, Data("too soon", at: 5, seen: 10));
        Feed.Client(flow, Data("too soon", at: 13, seen: 20));
        Settle();
        Assert.False(IsAnySent(sent => sent.Flags == TcpFlags.Syn, out _));

        Advance(TimeSpan.FromSeconds(11));
        Feed.Client(flow, Data("passed over", at: 21, seen: 30));
        Feed.Client(flow, Data("joined", at: 32, seen: 40));
        Assert.Equal(Replica(flow), Next(sent => sent.Flags == TcpFlags.Syn).Replica);

        var report = Stop();
        Assert.Equal((1, 1), (report.Sessions.Ended[SessionOutcome.TargetReset], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.Equal(0, report.LeakedBytes);
    }
}
