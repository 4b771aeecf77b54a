using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard whose sessions may hold 64 KiB together.</summary>
public sealed class ShardMemoryTests() : ShardKit(Settings with { MaxMemoryBytes = 64 * 1024 })
{
    [Fact]
    public void New_sessions_are_shed_whole_while_memory_is_short()
    {
        // At 4 KiB each a thirteenth session would take more than three quarters.
        for (ushort port = 50_000; port < 50_012; port++)
        {
            Feed.Client(Flow(port), Syn());
            Assert.Equal(Replica(Flow(port)), Next(sent => sent.Flags == TcpFlags.Syn).Replica);
        }
        for (ushort port = 50_012; port < 50_020; port++)
            Feed.Client(Flow(port), Syn());
        for (ushort port = 50_000; port < 50_020; port++)
            Feed.Client(Flow(port), Data("unanswered"));

        var report = Stop();
        Assert.Equal(20, report.Sessions.Seen);
        Assert.Equal((12, 8), (report.Sessions.Ended[SessionOutcome.Stopped], report.Sessions.Ended[SessionOutcome.Shed]));
        Assert.Equal(12 * 10, report.Sessions.Sum.BytesCaptured);
        Assert.DoesNotContain(Wire.Segments, sent => sent.Flags == TcpFlags.Syn);
    }

    [Fact]
    public void A_session_that_asks_for_more_than_is_left_is_shed_and_gives_back_what_it_held()
    {
        var (small, large) = (Flow(40_000), Flow(40_001));
        var id = Establish(small);
        Establish(large);
        var chunk = new string('x', 1_400);
        for (uint at = 1; at < 60_000; at += 1_400)
            Feed.Client(large, Data(chunk, at));

        Assert.Equal(Replica(large), Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica);
        Feed.Client(small, Data("still copied"));
        Assert.Equal(Replica(small), NextPayload().Replica);
        Acknowledge(id, 12);

        var report = Stop();
        Assert.Equal(1, report.Sessions.LostRequests[SessionOutcome.Shed]);
        Assert.Equal(43 * 1_400, report.Sessions.LostBytes[SessionOutcome.Shed]);
        Assert.Equal(12, report.Sessions.Sum.BytesAcknowledged);
        Assert.Equal(0, report.LeakedBytes);
    }

    [Fact]
    public void A_client_that_goes_on_after_its_session_was_shed_is_joined_again_after_ten_seconds()
    {
        var flow = Flow(40_000);
        Establish(flow);
        var chunk = new string('x', 1_400);
        uint at = 1;
        for (; at < 60_000; at += 1_400)
            Feed.Client(flow, Data(chunk, at));
        Next(sent => sent.Flags.Has(TcpFlags.Rst));

        Request(seen: 10);
        Advance(TimeSpan.FromSeconds(9));
        Request(seen: 20);
        Assert.False(IsAnySent(_ => true, out _));

        // The first request may be the rest of one; a second one begins where its client had seen more.
        Advance(TimeSpan.FromSeconds(2));
        Request(seen: 30);
        Request(seen: 40);
        Assert.Equal(Replica(flow), Next(sent => sent.Flags == TcpFlags.Syn).Replica);

        var report = Stop();
        Assert.Equal(2, report.Sessions.Seen);
        Assert.Equal((1, 1), (report.Sessions.Ended[SessionOutcome.Shed], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.Equal(43 * 1_400 + 2 * 7, report.Sessions.LostBytes[SessionOutcome.Shed]);
        Assert.Equal(0, report.LeakedBytes);

        void Request(uint seen)
        {
            Feed.Client(flow, Data("request", at, seen));
            at += 7;
            Settle();
        }
    }

    [Fact]
    public void A_session_that_waits_for_the_end_of_its_predecessor_is_shed_as_well()
    {
        var flow = Flow(40_000);
        var id = Establish(flow);
        Feed.Client(flow, Data("unanswered"));
        Next(sent => sent.Payload.Length > 0);

        // On the same ports the client opens its next connection, and sends a lot.
        const uint Later = 500_000;
        Feed.Client(flow, Syn(ClientIsn + Later));
        // Captured together with all that follows it, it would find no room to begin with.
        Settle();
        var chunk = new string('x', 1_400);
        for (var at = Later + 1; at < Later + 120_000; at += 1_400)
            Feed.Client(flow, Data(chunk, at));
        Settle();
        Establish(Flow(40_001));

        // The end of the first connection is the beginning of the second.
        Acknowledge(id, 10);
        Next(sent => sent.Replica == Replica(flow) && sent.Flags.Has(TcpFlags.Fin));
        Acknowledge(id, 11, flags: TcpFlags.Fin);
        Settle();
        Assert.False(IsAnySent(sent => sent.Flags == TcpFlags.Syn, out _));

        var report = Stop();
        SessionOutcome[] outcomes = [SessionOutcome.Replayed, SessionOutcome.Shed, SessionOutcome.Stopped];
        Assert.Equal([1, 1, 1], outcomes.Select(outcome => report.Sessions.Ended[outcome]));
        // All of it, also what it held when it was shed.
        Assert.Equal((1, 86 * 1_400), (report.Sessions.LostRequests[SessionOutcome.Shed], report.Sessions.LostBytes[SessionOutcome.Shed]));
        Assert.Equal(0, report.LeakedBytes);
    }

    [Fact]
    public void No_more_sessions_are_shed_than_it_takes()
    {
        var flows = Enumerable.Range(40_000, 10).Select(port => Flow((ushort)port)).ToList();
        foreach (var flow in flows)
            Establish(flow);

        // 40 KiB are the sessions' own. Fourteen of these packets have room in the rest; the fifteenth sheds one session, the nineteenth another.
        var chunk = new string('x', 1_400);
        Feed.AtOnce([.. flows.Select(flow => (flow, Data(chunk))), .. flows.Select(flow => (flow, Data(chunk, at: 1_401)))]);

        var report = Stop();
        Assert.Equal((2, 8), (report.Sessions.Ended[SessionOutcome.Shed], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.Equal(0, report.LeakedBytes);
    }
}
