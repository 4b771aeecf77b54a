using Akka.Actor;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard that sees the connections of all, and copies its part of them.</summary>
public sealed class ShardSplitTests() : ShardKit(Settings with { SplitGroup = "all" })
{
    private static readonly SplitShare Alone = SplitShare.Begin("this", []);
    private static readonly SplitShare WithAnother = Alone.With(["this", "that"]);

    [Fact]
    public void Connections_of_others_are_counted_once_and_left_to_them()
    {
        var others = Flows(isOwn: false).Take(5).ToList();
        Share(WithAnother);
        foreach (var flow in others)
        {
            Feed.Client(flow, Syn());
            Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 1), Acknowledgement = new(1), Flags = TcpFlags.Fin | TcpFlags.Ack });
        }
        Establish(Flows(isOwn: true).First());

        var report = Stop();
        Assert.Equal((6, 5), (report.Sessions.Seen, report.Sessions.Ended[SessionOutcome.LeftToAnother]));
        Assert.Equal(0, report.Sessions.Sum.BytesCaptured);
    }

    [Fact]
    public void A_session_stays_where_it_began_when_another_copier_comes()
    {
        var moved = Flows(isOwn: false).First();
        Share(Alone);
        var id = Establish(moved);
        Share(WithAnother);
        Feed.Client(moved, Data("still here"));
        Assert.Equal("still here", NextPayload().Payload);
        Acknowledge(id, 10);

        Assert.Equal(0, Stop().Sessions.Sum.BytesLost);
    }

    /// <summary>To one that knows of an elder copier what comes behind the SYN is no connection met in mid-stream.</summary>
    [Fact]
    public void A_newcomers_connection_is_whole_though_its_segments_come_at_once()
    {
        var newcomer = SplitShare.Begin("this", ["that"]);
        var own = Flows(isOwn: true).First();
        Share(newcomer);
        Feed.ClientAtOnce(own, Syn(), Data("at once"));
        Next(sent => sent.Flags == TcpFlags.Syn);
        AnswerSyn(NextFlow(own));
        Assert.Equal("at once", NextPayload().Payload);

        var sessions = Stop().Sessions;
        Assert.Equal((1, 7), (sessions.Seen, sessions.Sum.BytesCaptured));
    }

    [Fact]
    public void Nothing_is_copied_before_the_parts_are_known()
    {
        Feed.Client(Flow(40_000), Syn());
        Assert.Equal(1, Stop().Sessions.Ended[SessionOutcome.LeftToAnother]);
    }

    private void Share(SplitShare share)
    {
        Root.Tell(new ShareSessions(share), ActorRefs.NoSender);
        Settle();
    }

    private static IEnumerable<FlowKey> Flows(bool isOwn) => Enumerable.Range(40_000, 100)
        .Select(port => Flow((ushort)port)).Where(flow => WithAnother.Takes(flow.Client, isNew: true) == isOwn);
}
