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
            Feed.Client(Flow(port), new OutgoingSegment { Sequence = new(ClientIsn), Flags = TcpFlags.Syn });
            Assert.Equal(Replica(Flow(port)), Next(sent => sent.Flags == TcpFlags.Syn).Replica);
        }
        for (ushort port = 50_012; port < 50_020; port++)
            Feed.Client(Flow(port), new OutgoingSegment { Sequence = new(ClientIsn), Flags = TcpFlags.Syn });
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
}
