using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Copier.Tests;

public sealed class ShardTests() : ShardKit(Settings)
{
    /// <summary>As where a link was full, or the connection between the nodes broke.</summary>
    [Fact]
    public void Replies_that_are_lost_on_their_way_back_are_made_good_by_those_to_what_is_sent_again()
    {
        var id = Establish(Flow(40_000));
        Feed.Client(Flow(40_000), Data("first"));
        Assert.Equal("first", NextPayload().Payload);
        // The target has taken and answered it, but nobody hears of that.
        Assert.Equal("first", NextPayload().Payload);
        Acknowledge(id, 5, payload: 100);
        Feed.Client(Flow(40_000), Data("second", at: 6, seen: 100));
        Assert.Equal("second", NextPayload().Payload);
        Acknowledge(id, 11, payload: 100);

        var report = Stop();
        Assert.Equal((2, 2, 0), (report.Sessions.Sum.RequestsCaptured, report.Sessions.Sum.RequestsAcknowledged, report.Sessions.Sum.BytesLost));
    }

    [Fact]
    public void A_shard_captures_when_its_last_device_is_open()
    {
        var opened = new List<string>();
        var first = new FrameFeed();
        var second = new FrameFeed();
        var environment = new ShardEnvironment(_ => new SentSegments(), [() => Open("first", first), () => Open("second", second)], _ => 1_460);
        var root = StartShard(Settings, environment);

        root.Tell(StartCapture.Instance);
        NextTold<Capturing>();

        Assert.Equal(["first", "second", "second"], opened);
        Stop(root);
        first.Close();
        second.Close();

        ICaptureSource Open(string name, FrameFeed feed)
        {
            opened.Add(name);
            return opened.Count == 2 ? throw new CaptureException("not there yet") : feed;
        }
    }

    [Fact]
    public void A_session_is_replayed_from_its_SYN_to_its_end()
    {
        var flow = Flow(40_000);
        var id = Establish(flow);

        Feed.Client(flow, Data("GET / HTTP/1.1\r\n\r\n"));
        Assert.Equal("GET / HTTP/1.1\r\n\r\n", NextPayload().Payload);
        Acknowledge(id, 18);
        Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 19), Acknowledgement = new(1), Flags = TcpFlags.Rst });
        Assert.True(Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica == Replica(flow));

        var report = Stop();
        Assert.Equal(1, report.Sessions.Seen);
        Assert.Equal(0, report.Sessions.Live);
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Replayed]);
        Assert.Equal(1, report.Sessions.Sum.RequestsAcknowledged);
        Assert.Equal(18, report.Sessions.Sum.BytesAcknowledged);
    }

    [Fact]
    public void An_exception_in_one_session_ends_that_session_alone()
    {
        var (healthy, sick) = (Flow(40_001), Flow(40_002));
        var healthyId = Establish(healthy);
        Establish(sick);
        Wire.Poisoned = Replica(sick);

        Feed.AtOnce((sick, Data("POISON")), (healthy, Data("HEALTHY")));
        Assert.Equal((Replica(healthy), "HEALTHY"), NextPayload() is var sent ? (sent.Replica, sent.Payload) : default);
        Assert.Equal(Replica(sick), Next(one => one.Flags.Has(TcpFlags.Rst)).Replica);
        Acknowledge(healthyId, 7);

        var report = Stop();
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Failed]);
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Stopped]);
        Assert.Equal(1, report.Sessions.LostRequests[SessionOutcome.Failed]);
        Assert.Equal(7, report.Sessions.Sum.BytesAcknowledged);
        Assert.Equal(0, report.LeakedBytes);
    }

    [Fact]
    public void A_connection_that_was_open_before_is_joined_where_its_next_request_begins()
    {
        var flow = Flow(40_003);
        Feed.Client(flow, Data("rest", at: 1_001, seen: 5_000));
        Feed.Client(flow, Data("GET", at: 1_005, seen: 5_700));
        Assert.Equal(new SeqNumber(ClientIsn + 1_004), Next(sent => sent.Flags == TcpFlags.Syn).Sequence);

        var report = Stop();
        Assert.Equal((1, 1), (report.Sessions.Seen, report.Sessions.Sum.Joined));
        Assert.Equal(2, report.Sessions.Sum.RequestsCaptured);
    }

    [Fact]
    public void A_client_that_reuses_its_ports_gets_a_new_replica_once_the_old_one_is_delivered()
    {
        var flow = Flow(40_005);
        var first = Establish(flow);
        Feed.Client(flow, Data("LATE"));
        Assert.Equal("LATE", NextPayload().Payload);
        // The close of the first connection was not captured; the second begins while the target still owes its acknowledgement.
        Feed.Client(flow, Syn(ClientIsn + 500_000));
        Establish(Flow(40_006));
        Assert.DoesNotContain(Wire.Segments, sent => sent.Replica == Replica(flow));

        Acknowledge(first, 4, payload: 10);
        Assert.Equal(new SeqNumber(ClientIsn + 5), Next(sent => sent.Flags.Has(TcpFlags.Fin)).Sequence);
        Acknowledge(first, 5, payload: 10, TcpFlags.Fin);
        Assert.Equal(new SeqNumber(ClientIsn + 500_000), Next(sent => sent.Flags == TcpFlags.Syn).Sequence);
        Assert.NotEqual(first, NextFlow(flow));

        var report = Stop();
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Replayed]);
        Assert.Equal(2, report.Sessions.Ended[SessionOutcome.Stopped]);
        Assert.Equal(0, report.LeakedBytes);
    }

    [Fact]
    public void Data_right_behind_the_SYN_that_reuses_the_ports_is_the_new_sessions()
    {
        var flow = Flow(40_008);
        var first = Establish(flow);
        var data = Data("SECOND") with { Sequence = new(ClientIsn + 500_001) };
        Feed.ClientAtOnce(flow, Syn(ClientIsn + 500_000), data);

        Assert.Equal(new SeqNumber(ClientIsn + 1), Next(sent => sent.Flags.Has(TcpFlags.Fin)).Sequence);
        Acknowledge(first, 1, flags: TcpFlags.Fin);
        Next(sent => sent.Flags == TcpFlags.Syn);
        var report = Stop();
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Replayed]);
        Assert.Equal(1, report.Sessions.LostRequests[SessionOutcome.Stopped]);
        Assert.Equal(6, report.Sessions.LostBytes[SessionOutcome.Stopped]);
    }

    [Fact]
    public void An_actor_has_one_session_after_another_until_one_fails()
    {
        var first = ActorOf(Establish(Flow(40_014)));
        Reset(Flow(40_014));
        var second = ActorOf(Establish(Flow(40_015)));
        Wire.Poisoned = Replica(Flow(40_015));
        Feed.Client(Flow(40_015), Data("POISON"));
        Next(sent => sent.Flags.Has(TcpFlags.Rst));
        var third = ActorOf(Establish(Flow(40_016)));

        Assert.Equal(first, second);
        Assert.NotEqual(second, third);
        var ended = Stop().Sessions.Ended;
        Assert.Equal((1, 1, 1), (ended[SessionOutcome.Replayed], ended[SessionOutcome.Failed], ended[SessionOutcome.Stopped]));

        IActorRef ActorOf(FlowId id)
        {
            Root.Tell(new DescribeSession(id), TestActor);
            ExpectMsg<SessionDetail>();
            return LastSender;
        }

        void Reset(FlowKey flow)
        {
            Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 1), Acknowledgement = new(1), Flags = TcpFlags.Rst });
            Next(sent => sent.Flags.Has(TcpFlags.Rst));
            Advance(2 * Settings.Session.TimeWait);
        }
    }

    [Fact]
    public void The_interceptor_hears_of_a_replica_that_falls_behind_its_client()
    {
        var flow = Flow(40_017);
        var id = Establish(flow);
        // One is on its way, and when it is answered one less waits than is too many.
        Ask(first: 0, count: 129);
        NextPayload();
        Acknowledge(id, 3, payload: 10, TcpFlags.Psh);
        NextPayload();
        Advance(TimeSpan.FromMilliseconds(10));
        Assert.DoesNotContain(Interceptor.Heard.OfType<FlowBatch>(), Trails);

        Ask(first: 129, count: 1);
        Acknowledge(id, 6, payload: 20, TcpFlags.Psh);
        Advance(TimeSpan.FromMilliseconds(10));
        Assert.DoesNotContain(Interceptor.Heard.OfType<FlowBatch>(), Trails);
        Ask(first: 130, count: 2);
        Acknowledge(id, 9, payload: 30, TcpFlags.Psh);
        Advance(TimeSpan.FromMilliseconds(10));
        Assert.Single(Interceptor.Heard.OfType<FlowBatch>(), Trails);
        Assert.Equal(132, Stop().Sessions.Sum.RequestsCaptured);

        void Ask(uint first, uint count)
        {
            for (var request = first; request < first + count; request++)
                Feed.Client(flow, Data("ask", at: 1 + 3 * request, seen: 10 * request));
            Settle();
        }

        bool Trails(FlowBatch batch)
        {
            var reader = new FlowBatchReader(batch.Entries.Span);
            return reader.TryRead(out var entry) && entry == new FlowEntry(id, FlowEvent.Trails, Replica(flow));
        }
    }

    [Fact]
    public void Who_takes_leave_has_told_of_all_that_ended()
    {
        var (early, late) = (Flow(40_020), Flow(40_021));
        var (first, second) = (Establish(early), Establish(late));
        Feed.Client(early, new OutgoingSegment { Sequence = new(ClientIsn + 1), Flags = TcpFlags.Rst });
        Next(sent => sent.Flags.Has(TcpFlags.Rst));
        Stop();
        WaitFor(() => Interceptor.Heard.OfType<Goodbye>().Any(), "its leave");
        Assert.Equal([first, second], Ended(Interceptor.Heard.TakeWhile(message => message is not Goodbye)));
    }

    [Fact]
    public void That_a_flow_ended_leaves_with_others_that_begin_or_a_little_later_without()
    {
        var (accompanied, alone) = (Flow(40_022), Flow(40_023));
        var (first, second) = (Establish(accompanied), Establish(alone));

        // It answers late packets for a second, and then it has ended.
        Reset(accompanied);
        for (ushort port = 41_000; port < 41_130; port++)
        {
            Feed.Client(Flow(port), Syn());
            Settle();
            for (var waited = 0; waited < 10; waited++)
                Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.Equal(2, BatchWithEndOf(first).Count);

        Reset(alone);
        WaitFor(() => Ended(Interceptor.Heard).Contains(second), "its end");
        Assert.Single(BatchWithEndOf(second));

        void Reset(FlowKey flow)
        {
            Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 1), Flags = TcpFlags.Rst });
            Settle();
        }

        List<FlowEntry> BatchWithEndOf(FlowId id) => Interceptor.Heard.OfType<FlowBatch>().Select(Entries)
            .Single(entries => entries.Exists(entry => entry.Id == id && entry.Event == FlowEvent.Ends));
    }

    [Fact]
    public void A_new_link_is_told_every_live_flow()
    {
        var flow = Flow(40_006);
        var id = Establish(flow);

        Interceptor.End();
        NextTold<LinkDown>();
        // The name is free a moment after the link was told.
        AwaitAssert(Interceptor.Restart, TimeSpan.FromSeconds(60));
        FishHeard<Hello>();
        Serve([]);

        Assert.Equal(id, NextFlow(flow));
    }

    [Fact]
    public void An_interceptor_that_stops_is_let_go_when_its_replicas_are_reset_and_nothing_is_sent_without_one()
    {
        Establish(Flow(40_010));

        Interceptor.Say(Goodbye.Instance);
        Assert.Equal(Replica(Flow(40_010)), Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica);
        FishHeard<Goodbye>();
        Feed.Client(Flow(40_011), Syn());
        Feed.Client(Flow(40_011), Data("unserved"));

        var report = Stop();
        Assert.Empty(Wire.Segments);
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Stopped]);
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Shed]);
        Assert.Equal(2, report.Sessions.Seen);
    }

    [Fact]
    public void A_capture_that_fails_is_opened_again()
    {
        Feed.Failure = new CaptureException("planted");
        Establish(Flow(40_007));
    }

    [Fact]
    public void Every_lease_is_back_when_all_sessions_have_ended()
    {
        for (ushort port = 50_000; port < 50_050; port++)
            Feed.Client(Flow(port), Syn());
        for (ushort port = 50_000; port < 50_050; port++)
            Feed.Client(Flow(port), Data("unanswered"));

        var report = Stop();
        Assert.Equal(50, report.Sessions.Ended[SessionOutcome.Stopped]);
        Assert.Equal(500, report.Sessions.LostBytes[SessionOutcome.Stopped]);
        Assert.Equal(0, report.LeakedBytes);
    }

    /// <summary>Flows whose end was told, in the order of their beginnings.</summary>
    private static IEnumerable<FlowId> Ended(IEnumerable<object> messages) => messages.OfType<FlowBatch>().SelectMany(Entries)
        .Where(entry => entry.Event == FlowEvent.Ends).Select(entry => entry.Id).OrderBy(id => id.Value);

    private static List<FlowEntry> Entries(FlowBatch batch)
    {
        var entries = new List<FlowEntry>();
        var reader = new FlowBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var entry))
            entries.Add(entry);
        return entries;
    }
}
