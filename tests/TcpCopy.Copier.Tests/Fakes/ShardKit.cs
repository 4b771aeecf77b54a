using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Copier.Tests.Fakes;

/// <summary>A whole shard, from frames to segments, with the test as its interceptor and target.</summary>
public abstract class ShardKit : TestKit
{
    private protected static readonly Endpoint Online = Parse("10.0.0.13", 80);
    private protected static readonly Endpoint Target = Parse("10.0.0.148", 8080);
    private protected const uint ClientIsn = 1_000;
    private protected const uint TargetIsn = 9_000;

    private protected static readonly CopierSettings Settings = new()
    {
        Node = new NodeSettings(),
        Transfers = [new Transfer(null, Online.Port, Target)],
        Capture = new CaptureSettings(),
        Send = new SendSettings(),
        Session = new SessionSettings(),
        StopGrace = TimeSpan.FromMilliseconds(50),
    };

    private readonly bool _isTraced;

    private protected FrameFeed Feed { get; } = new();

    private protected SentSegments Wire { get; } = new();

    private protected TestProbe Interceptor { get; }

    private protected IActorRef Root { get; }

    /// <summary>What the certificate of the interceptor says of it; null: there is no connection with it.</summary>
    private protected Func<bool?> IsInterceptor { get; set; } = () => true;

    private protected ShardKit(CopierSettings settings, ReplicaClients? clients = null)
        : base(ConfigurationFactory.ParseString(
            """
            akka.loglevel = OFF
            akka.log-dead-letters = off
            tcpcopy.loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 64 }
            tcpcopy.loop-mailbox.mailbox-type = "TcpCopy.Node.Loop.LoopMailbox, TcpCopy.Node"
            """))
    {
        _isTraced = settings.Compare;
        Interceptor = CreateTestProbe();
        Sys.ActorOf(Props.Create(() => new Relay(Interceptor)), "interceptor");
        var environment = new ShardEnvironment(_ => Wire, [() => (ICaptureSource)Feed], _ => 1_460)
        {
            Clients = clients ?? ReplicaClients.AsCaptured,
            IsInterceptor = (_, _) => IsInterceptor(),
        };
        var shard = Props.Create(() => new ShardActor(settings, environment)).WithDispatcher(ShardLoops.First);
        Root = Sys.ActorOf(Props.Create(() => new Parent(shard, TestActor)));
        Root.Tell(new InterceptorUp(new Address("akka", Sys.Name)));
        Serve(Interceptor.ExpectMsg<Hello>().Features);
        ExpectMsg<LinkUp>();
        Root.Tell(StartCapture.Instance);
        ExpectMsg<Capturing>();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Feed.Close();
        Wire.Segments.Dispose();
    }

    /// <summary>Answers the greeting that came last.</summary>
    private protected void Serve(IReadOnlyList<string> features) =>
        Interceptor.Reply(new Welcome(ProtocolVersion.Current, features, [Target.Port], [Target.Address]));

    private protected CopierReport Stop()
    {
        Root.Tell(StopShard.Instance, TestActor);
        return (CopierReport)FishForMessage(message => message is CopierReport);
    }

    /// <summary>Returns when the shard has taken all that the test told it until now.</summary>
    private protected void AwaitTold()
    {
        var nobody = new Address("akka", "nobody");
        Root.Tell(new InterceptorUp(nobody));
        Root.Tell(new InterceptorDown(nobody));
        Assert.Equal(nobody, ExpectMsg<LinkDown>().Node);
    }

    /// <summary>Takes a session through the handshake; returns the id it was announced with.</summary>
    private protected FlowId Establish(FlowKey flow)
    {
        Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn), Flags = TcpFlags.Syn, Options = new TcpOptions { Mss = 1_460 } });
        var syn = Next(sent => sent.Replica == Replica(flow));
        Assert.Equal((TcpFlags.Syn, new SeqNumber(ClientIsn)), (syn.Flags, syn.Sequence));
        var id = NextFlow(flow);
        AnswerSyn(id);
        Assert.Equal(new SeqNumber(TargetIsn + 1), Next(sent => sent.Flags == TcpFlags.Ack).Acknowledgement);
        return id;
    }

    private protected void AnswerSyn(FlowId id) => Reply(id, new ReplyHeader
    {
        Sequence = new(TargetIsn),
        Acknowledgement = new(ClientIsn + 1),
        Flags = TcpFlags.Syn | TcpFlags.Ack,
        Window = 65_000,
        Options = new TcpOptions { Mss = 1_460 },
    });

    /// <summary>The target acknowledges so many bytes, behind so many of its own.</summary>
    private protected void Acknowledge(FlowId id, int bytes, int payload = 0, TcpFlags flags = TcpFlags.None) => Reply(id, new ReplyHeader
    {
        Sequence = new SeqNumber(TargetIsn + 1) + (flags.Has(TcpFlags.Fin) ? payload : 0),
        Acknowledgement = new SeqNumber(ClientIsn + 1) + bytes,
        Flags = TcpFlags.Ack | flags,
        PayloadLength = flags.Has(TcpFlags.Fin) ? 0 : payload,
        Window = 65_000,
    });

    private protected void Reply(FlowId id, in ReplyHeader header)
    {
        var writer = new ReplyBatchWriter { TraceClock = _isTraced ? () => default : null };
        writer.Add(id, header);
        Sys.ActorSelection("/user/interceptor").Tell(writer.Take(), Interceptor);
    }

    private protected FlowId NextFlow(FlowKey flow) => NextFlowOf(Replica(flow));

    private protected FlowId NextFlowOf(FlowKey replica)
    {
        var found = default(FlowId?);
        Interceptor.FishForMessage(message => message is FlowBatch batch && (found = Find(batch, replica)) is not null);
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

    private protected Sent NextPayload() => Next(sent => sent.Payload.Length > 0);

    private protected Sent Next(Func<Sent, bool> wanted)
    {
        while (Wire.Segments.TryTake(out var sent, TimeSpan.FromSeconds(5)))
        {
            if (wanted(sent))
                return sent;
        }
        throw new TimeoutException("the segment that the test waits for was not sent");
    }

    private protected static OutgoingSegment Data(string text, uint at = 1, uint seen = 0)
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

    private protected static FlowKey Flow(ushort port) => new(Parse("10.0.0.9", port), Online);

    private protected static FlowKey Replica(FlowKey flow) => new(flow.Client, Target);

    private protected static Endpoint Parse(string address, ushort port) => new(HostAddress.Parse(address), port);

    /// <summary>Stands at /user/interceptor and lets the test's probe speak for it.</summary>
    private protected sealed class Relay(IActorRef probe) : UntypedActor
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

    private protected sealed class Parent : UntypedActor
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
