using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A whole shard, from frames to segments, with the test as its interceptor and target.</summary>
public sealed class ShardTests : TestKit
{
    private static readonly Endpoint Online = Parse("10.0.0.13", 80);
    private static readonly Endpoint Target = Parse("10.0.0.148", 8080);
    private const uint ClientIsn = 1_000;
    private const uint TargetIsn = 9_000;

    private static readonly CopierSettings Settings = new()
    {
        Node = new NodeSettings(),
        Transfers = [new Transfer(null, Online.Port, Target)],
        Capture = new CaptureSettings(),
        Send = new SendSettings(),
        Session = new SessionSettings(),
        StopGrace = TimeSpan.FromMilliseconds(50),
    };

    private readonly FrameFeed _feed = new();
    private readonly SentSegments _sent = new();
    private readonly TestProbe _interceptor;
    private readonly IActorRef _shard;

    public ShardTests()
        : base(ConfigurationFactory.ParseString(
            """
            akka.loglevel = OFF
            akka.log-dead-letters = off
            tcpcopy.loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 64 }
            """))
    {
        _interceptor = CreateTestProbe();
        Sys.ActorOf(Props.Create(() => new Relay(_interceptor)), "interceptor");
        var environment = new ShardEnvironment(_ => _sent, [() => (ICaptureSource)_feed], _ => 1_460);
        var shard = Props.Create(() => new ShardActor(Settings, environment)).WithDispatcher(Shard.Dispatcher);
        _shard = Sys.ActorOf(Props.Create(() => new Parent(shard, TestActor)));
        _shard.Tell(new InterceptorUp(new Address("akka", Sys.Name)));
        _interceptor.ExpectMsg<Hello>();
        _interceptor.Reply(new Welcome(ProtocolVersion.Current, [], [Target.Port], [Target.Address]));
        ExpectMsg<LinkUp>();
        _shard.Tell(StartCapture.Instance);
        ExpectMsg<Capturing>();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _feed.Close();
        _sent.Segments.Dispose();
    }

    [Fact]
    public void A_shard_captures_when_its_last_device_is_open()
    {
        var opened = new List<string>();
        var first = new FrameFeed();
        var second = new FrameFeed();
        var environment = new ShardEnvironment(_ => new SentSegments(), [() => Open("first", first), () => Open("second", second)], _ => 1_460);
        var shard = Props.Create(() => new ShardActor(Settings, environment)).WithDispatcher(Shard.Dispatcher);
        var parent = Sys.ActorOf(Props.Create(() => new Parent(shard, TestActor)));

        parent.Tell(StartCapture.Instance);
        ExpectMsg<Capturing>();

        Assert.Equal(["first", "second", "second"], opened);
        parent.Tell(StopShard.Instance, TestActor);
        ExpectMsg<CopierReport>();
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

        _feed.Client(flow, Data("GET / HTTP/1.1\r\n\r\n"));
        Assert.Equal("GET / HTTP/1.1\r\n\r\n", NextPayload().Payload);
        Acknowledge(id, 18);
        _feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 19), Acknowledgement = new(1), Flags = TcpFlags.Rst });
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
        _sent.Poisoned = Replica(sick);

        _feed.Client(sick, Data("POISON"));
        Assert.Equal(Replica(sick), Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica);
        _feed.Client(healthy, Data("HEALTHY"));
        Assert.Equal(Replica(healthy), NextPayload().Replica);
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
        _feed.Client(flow, Data("rest", at: 1_001, seen: 5_000));
        _feed.Client(flow, Data("GET", at: 1_005, seen: 5_700));
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
        _feed.Client(flow, Data("LATE"));
        Assert.Equal("LATE", NextPayload().Payload);
        // The close of the first connection was not captured; the second begins while the target still owes its acknowledgement.
        _feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 500_000), Flags = TcpFlags.Syn });
        Establish(Flow(40_006));
        Assert.DoesNotContain(_sent.Segments, sent => sent.Replica == Replica(flow));

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
        _feed.ClientAtOnce(flow, new OutgoingSegment { Sequence = new(ClientIsn + 500_000), Flags = TcpFlags.Syn }, data);

        Assert.Equal(new SeqNumber(ClientIsn + 1), Next(sent => sent.Flags.Has(TcpFlags.Fin)).Sequence);
        Acknowledge(first, 1, flags: TcpFlags.Fin);
        Next(sent => sent.Flags == TcpFlags.Syn);
        var report = Stop();
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Replayed]);
        Assert.Equal(1, report.Sessions.LostRequests[SessionOutcome.Stopped]);
        Assert.Equal(6, report.Sessions.LostBytes[SessionOutcome.Stopped]);
    }

    [Fact]
    public void A_new_link_is_told_every_live_flow()
    {
        var flow = Flow(40_006);
        var id = Establish(flow);

        Sys.ActorSelection("/user/interceptor").Tell(PoisonPill.Instance);
        ExpectMsg<LinkDown>();
        Sys.ActorOf(Props.Create(() => new Relay(_interceptor)), "interceptor");
        _interceptor.FishForMessage(message => message is Hello);
        _interceptor.Reply(new Welcome(ProtocolVersion.Current, [], [Target.Port], [Target.Address]));

        Assert.Equal(id, NextFlow(flow));
    }

    [Fact]
    public void An_interceptor_that_stops_is_let_go_when_its_replicas_are_reset_and_nothing_is_sent_without_one()
    {
        Establish(Flow(40_010));

        _interceptor.Reply(Goodbye.Instance);
        Assert.Equal(Replica(Flow(40_010)), Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica);
        _interceptor.FishForMessage(message => message is Goodbye);
        _feed.Client(Flow(40_011), new OutgoingSegment { Sequence = new(ClientIsn), Flags = TcpFlags.Syn });
        _feed.Client(Flow(40_011), Data("unserved"));

        var report = Stop();
        Assert.Empty(_sent.Segments);
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Stopped]);
        Assert.Equal(1, report.Sessions.Ended[SessionOutcome.Shed]);
        Assert.Equal(2, report.Sessions.Seen);
    }

    [Fact]
    public void A_capture_that_fails_is_opened_again()
    {
        _feed.Failure = new CaptureException("planted");
        Establish(Flow(40_007));
    }

    [Fact]
    public void Every_lease_is_back_when_all_sessions_have_ended()
    {
        for (ushort port = 50_000; port < 50_050; port++)
            _feed.Client(Flow(port), new OutgoingSegment { Sequence = new(ClientIsn), Flags = TcpFlags.Syn });
        for (ushort port = 50_000; port < 50_050; port++)
            _feed.Client(Flow(port), Data("unanswered"));

        var report = Stop();
        Assert.Equal(50, report.Sessions.Ended[SessionOutcome.Stopped]);
        Assert.Equal(500, report.Sessions.LostBytes[SessionOutcome.Stopped]);
        Assert.Equal(0, report.LeakedBytes);
    }

    private CopierReport Stop()
    {
        _shard.Tell(StopShard.Instance, TestActor);
        return (CopierReport)FishForMessage(message => message is CopierReport);
    }

    /// <summary>Takes a session through the handshake; returns the id it was announced with.</summary>
    private FlowId Establish(FlowKey flow)
    {
        _feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn), Flags = TcpFlags.Syn, Options = new TcpOptions { Mss = 1_460 } });
        var syn = Next(sent => sent.Replica == Replica(flow));
        Assert.Equal((TcpFlags.Syn, new SeqNumber(ClientIsn)), (syn.Flags, syn.Sequence));
        var id = NextFlow(flow);
        Reply(id, new ReplyHeader
        {
            Sequence = new(TargetIsn),
            Acknowledgement = new(ClientIsn + 1),
            Flags = TcpFlags.Syn | TcpFlags.Ack,
            Window = 65_000,
            Options = new TcpOptions { Mss = 1_460 },
        });
        Assert.Equal(new SeqNumber(TargetIsn + 1), Next(sent => sent.Flags == TcpFlags.Ack).Acknowledgement);
        return id;
    }

    /// <summary>The target acknowledges so many bytes, behind so many of its own.</summary>
    private void Acknowledge(FlowId id, int bytes, int payload = 0, TcpFlags flags = TcpFlags.None) => Reply(id, new ReplyHeader
    {
        Sequence = new SeqNumber(TargetIsn + 1) + (flags.Has(TcpFlags.Fin) ? payload : 0),
        Acknowledgement = new SeqNumber(ClientIsn + 1) + bytes,
        Flags = TcpFlags.Ack | flags,
        PayloadLength = flags.Has(TcpFlags.Fin) ? 0 : payload,
        Window = 65_000,
    });

    private void Reply(FlowId id, in ReplyHeader header)
    {
        var writer = new ReplyBatchWriter();
        writer.Add(id, header);
        _interceptor.Reply(writer.Take());
    }

    private FlowId NextFlow(FlowKey flow)
    {
        var found = default(FlowId?);
        _interceptor.FishForMessage(message => message is FlowBatch batch && (found = Find(batch, Replica(flow))) is not null);
        return found!.Value;
    }

    private static FlowId? Find(FlowBatch batch, FlowKey replica)
    {
        var reader = new FlowBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var entry))
        {
            if (entry.Begins && entry.Replica == replica)
                return entry.Id;
        }
        return null;
    }

    private Sent NextPayload() => Next(sent => sent.Payload.Length > 0);

    private Sent Next(Func<Sent, bool> wanted)
    {
        while (_sent.Segments.TryTake(out var sent, TimeSpan.FromSeconds(5)))
        {
            if (wanted(sent))
                return sent;
        }
        throw new TimeoutException("the segment that the test waits for was not sent");
    }

    private static OutgoingSegment Data(string text, uint at = 1, uint seen = 0)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return new OutgoingSegment
        {
            Sequence = new(ClientIsn + at),
            Acknowledgement = new(seen + 1),
            Flags = TcpFlags.Ack | TcpFlags.Psh,
            Source = new Segment { Buffer = bytes, PayloadLength = bytes.Length },
            Length = bytes.Length,
        };
    }

    private static FlowKey Flow(ushort port) => new(Parse("10.0.0.9", port), Online);

    private static FlowKey Replica(FlowKey flow) => new(flow.Client, Target);

    private static Endpoint Parse(string address, ushort port) => new(HostAddress.Parse(address), port);

    /// <summary>Stands at /user/interceptor and lets the test's probe speak for it.</summary>
    private sealed class Relay(IActorRef probe) : UntypedActor
    {
        private IActorRef _link = ActorRefs.Nobody;

        protected override void OnReceive(object message)
        {
            if (message is Welcome or ReplyBatch or Refused || Sender.Equals(probe))
            {
                _link.Tell(message, Self);
                return;
            }
            _link = Sender;
            probe.Tell(message, Self);
        }
    }

    private sealed class Parent : UntypedActor
    {
        private readonly IActorRef _shard;
        private readonly IActorRef _test;

        public Parent(Props shard, IActorRef test)
        {
            _test = test;
            _shard = Context.ActorOf(shard);
        }

        protected override void OnReceive(object message)
        {
            if (message is LinkUp or LinkDown or Capturing)
                _test.Forward(message);
            else
                _shard.Forward(message);
        }
    }
}
