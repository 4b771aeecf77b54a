using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.TestKit.Xunit;
using Microsoft.Extensions.Time.Testing;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;
using TcpCopy.Packets.Capture;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Copier.Tests.Fakes;

/// <summary>
/// A whole shard, from frames to segments, with the test as its interceptor and target. Its time stands still, and moves on only while the test waits for
/// something that the shard has not done yet.
/// </summary>
public abstract class ShardKit : TestKit
{
    /// <summary>How long a test waits, on the shard's clock.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>On the wall clock: nothing takes that long, and what never ends is to fail.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(2);

    /// <summary>A machine that was started an hour ago: a later one's elapsed time, a double, would not be exact.</summary>
    private static readonly DateTimeOffset Beginning = DateTimeOffset.MinValue.AddHours(1);

    /// <summary>As fine as the loop's own deadlines.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);

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

    private readonly FakeTimeProvider _time;
    private readonly EventLoop _loop;
    private readonly bool _isTraced;
    private readonly ConcurrentQueue<object> _told = new();

    private protected FrameFeed Feed { get; } = new();

    /// <summary>Another device of the same shard, if it has one.</summary>
    private protected FrameFeed OtherFeed { get; } = new();

    private protected SentSegments Wire { get; } = new();

    private protected FakeInterceptor Interceptor { get; }

    private protected IActorRef Root { get; }

    /// <summary>What the certificate of the interceptor says of it; null: there is no connection with it.</summary>
    private protected Func<bool?> IsInterceptor { get; set; } = () => true;

    private protected ShardKit(CopierSettings settings, ReplicaClients? clients = null, bool hasOtherDevice = false)
        : this(settings, clients, hasOtherDevice, new FakeTimeProvider(Beginning))
    {
    }

    private ShardKit(CopierSettings settings, ReplicaClients? clients, bool hasOtherDevice, FakeTimeProvider time)
        : base(SetupOf(time))
    {
        (_isTraced, _time) = (settings.Compare, time);
        _loop = ((LoopDispatcher)Sys.Dispatchers.Lookup(ShardLoops.First)).Loop;
        Interceptor = new FakeInterceptor(Sys);
        FrameFeed[] devices = hasOtherDevice ? [Feed, OtherFeed] : [Feed];
        var environment = new ShardEnvironment(_ => Wire, [.. devices.Select(device => (Func<ICaptureSource>)(() => device))], _ => 1_460)
        {
            Clients = clients ?? ReplicaClients.AsCaptured,
            IsInterceptor = (_, _) => IsInterceptor(),
        };
        Root = StartShard(settings, environment);
        Root.Tell(new InterceptorUp(new Address("akka", Sys.Name)));
        Serve(NextHeard<Hello>().Features);
        NextTold<LinkUp>();
        Root.Tell(StartCapture.Instance);
        NextTold<Capturing>();
    }

    private static ActorSystemSetup SetupOf(TimeProvider time) => ActorSystemSetup.Create(new LoopClock(time), BootstrapSetup.Create().WithConfig(
        KitSettings.Patient + """
        akka.loglevel = OFF
        akka.log-dead-letters = off
        tcpcopy.loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 64 }
        tcpcopy.loop-mailbox.mailbox-type = "TcpCopy.Node.Loop.LoopMailbox, TcpCopy.Node"
        """));

    /// <summary>A shard under a parent that keeps what it is told for <see cref="NextTold"/>.</summary>
    private protected IActorRef StartShard(CopierSettings settings, ShardEnvironment environment)
    {
        var shard = Props.Create(() => new ShardActor(settings, environment)).WithDispatcher(ShardLoops.First);
        return Sys.ActorOf(Props.Create(() => new Parent(shard, _told)).WithDispatcher(ShardLoops.First));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Feed.Close();
        OtherFeed.Close();
        Wire.Segments.Dispose();
    }

    /// <summary>Answers the greeting that came last.</summary>
    private protected void Serve(IReadOnlyList<string> features) =>
        Interceptor.Say(new Welcome(ProtocolVersion.Current, features, [Target.Port], [Target.Address]));

    private protected CopierReport Stop() => Stop(Root);

    private protected CopierReport Stop(IActorRef root)
    {
        root.Tell(StopShard.Instance, root);
        CopierReport? report = null;
        WaitFor(() => TryFish(_told, out report), "the shard's report");
        return report!;
    }

    /// <summary>Returns when the shard has done all that it can do without more time.</summary>
    private protected void Settle()
    {
        using var settled = new ManualResetEventSlim();
        _loop.Execute(() => SignalWhenIdle(settled));
        Assert.True(settled.Wait(StuckAfter), "the shard does not come to rest");
    }

    /// <summary>Idle it is when turns that looked at its descriptors found nothing there, and nobody with anything to do.</summary>
    private void SignalWhenIdle(ManualResetEventSlim settled)
    {
        const int IdleTurns = 3;
        var (idle, delivered) = (0, Feed.Delivered);
        IDisposable? watching = null;
        watching = _loop.AtEndOfTurn(() =>
        {
            idle = _loop.QueuedRuns == 0 && Feed.Delivered == delivered ? idle + 1 : 0;
            delivered = Feed.Delivered;
            // Queued, so that the next turn comes at once.
            _loop.Execute(() => { });
            if (idle < IdleTurns)
                return;
            watching!.Dispose();
            settled.Set();
        });
    }

    private protected void Advance(TimeSpan time)
    {
        _time.Advance(time);
        Settle();
    }

    /// <summary>From now on frames have waited so long for the shard when it takes them.</summary>
    private protected void DelayFrames(TimeSpan delay) => Feed.Stamp = () => Instant.FromUtc(_time.GetUtcNow().UtcDateTime) - delay;

    /// <summary>Lets time go by until the shard has done what the test waits for.</summary>
    /// <exception cref="TimeoutException">It did not.</exception>
    private protected void WaitFor(Func<bool> isDone, string what)
    {
        Settle();
        for (var waited = TimeSpan.Zero; !isDone(); waited += Step)
        {
            if (waited > Patience)
                throw new TimeoutException($"what the test waits for did not come: {what}");
            Advance(Step);
        }
    }

    private protected Task<CopierFigures> ReadAsync() => Root.Ask<CopierFigures>(ReadFigures.Instance);

    /// <summary>The figures, once they are as the test expects.</summary>
    private protected async Task<CopierFigures> UntilAsync(Func<CopierFigures, bool> holds)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Step)
        {
            Settle();
            if (await ReadAsync() is var figures && holds(figures))
                return figures;
            _time.Advance(Step);
        }
        throw new TimeoutException($"other figures than {(await ReadAsync()).Report.Sessions}");
    }

    /// <summary>What the shard told its parent next.</summary>
    private protected T NextTold<T>() => NextOf<T>(_told);

    /// <summary>What the shard told the interceptor next.</summary>
    private protected T NextHeard<T>() => NextOf<T>(Interceptor.Heard);

    private T NextOf<T>(ConcurrentQueue<object> messages)
    {
        object? message = null;
        WaitFor(() => messages.TryDequeue(out message), typeof(T).Name);
        return Assert.IsType<T>(message);
    }

    /// <summary>Passes over what the interceptor was told before.</summary>
    private protected T FishHeard<T>()
    {
        T? found = default;
        WaitFor(() => TryFish(Interceptor.Heard, out found), typeof(T).Name);
        return found!;
    }

    private static bool TryFish<T>(ConcurrentQueue<object> messages, [NotNullWhen(true)] out T? found)
    {
        found = default;
        while (messages.TryDequeue(out var message))
        {
            if (message is T wanted)
            {
                found = wanted;
                return true;
            }
        }
        return false;
    }

    /// <summary>Takes a session through the handshake; returns the id it was announced with.</summary>
    private protected FlowId Establish(FlowKey flow)
    {
        Feed.Client(flow, Syn());
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
        Interceptor.Say(writer.Take());
    }

    private protected FlowId NextFlow(FlowKey flow) => NextFlowOf(Replica(flow));

    private protected FlowId NextFlowOf(FlowKey replica)
    {
        FlowId? found = null;
        WaitFor(() => IsToldOf(replica, out found), "a flow");
        return found!.Value;
    }

    private bool IsToldOf(FlowKey replica, out FlowId? found)
    {
        found = null;
        while (found is null && TryFish<FlowBatch>(Interceptor.Heard, out var batch))
            found = Find(batch, replica);
        return found is not null;
    }

    private static FlowId? Find(FlowBatch batch, FlowKey replica)
    {
        var reader = new FlowBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var entry))
        {
            if (entry.Event == FlowEvent.Begins && entry.Replica == replica)
                return entry.Id;
        }
        return null;
    }

    private protected Sent NextPayload() => Next(sent => sent.Payload.Length > 0);

    private protected Sent Next(Func<Sent, bool> wanted)
    {
        Sent? sent = null;
        WaitFor(() => IsAnySent(wanted, out sent), "a segment");
        return sent!;
    }

    /// <summary>Takes what was sent, up to the first that is wanted.</summary>
    private protected bool IsAnySent(Func<Sent, bool> wanted, [NotNullWhen(true)] out Sent? found)
    {
        while (Wire.Segments.TryTake(out found))
        {
            if (wanted(found))
                return true;
        }
        return false;
    }

    private protected static OutgoingSegment Syn(uint sequence = ClientIsn) =>
        new() { Sequence = new(sequence), Flags = TcpFlags.Syn, Options = new TcpOptions { Mss = 1_460 } };

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

    private sealed class Parent : UntypedActor
    {
        private readonly IActorRef _shard;
        private readonly ConcurrentQueue<object> _told;

        public Parent(Props shard, ConcurrentQueue<object> told)
        {
            _shard = Context.ActorOf(shard);
            _told = told;
        }

        protected override void OnReceive(object message)
        {
            if (Sender.Equals(_shard))
                _told.Enqueue(message);
            else
                _shard.Forward(message);
        }
    }
}
