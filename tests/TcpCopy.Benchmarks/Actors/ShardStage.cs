using Akka.Actor;
using Akka.Configuration;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Node.Loop;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>
/// A copier's shard with its loop, captures, sessions and link as they are in a node; what its clients, its target and its interceptor do is said by the
/// caller, and what it sends goes nowhere. For measuring: no device, no other process.
/// </summary>
internal sealed class ShardStage : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private readonly ActorSystem _system;
    private readonly IActorRef _root;
    private readonly SyntheticCapture _capture = new();
    private readonly AnnouncedFlows _flows;
    private int _open;
    private int _exchanges;

    /// <param name="clients">How many sessions there are going to be at most.</param>
    public ShardStage(int clients)
    {
        _flows = new AnnouncedFlows(clients);
        _system = ActorSystem.Create("stage", ConfigurationFactory.ParseString(
            """
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.log-dead-letters = off
            tcpcopy.loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 64 }
            tcpcopy.loop-mailbox.mailbox-type = "TcpCopy.Node.Loop.LoopMailbox, TcpCopy.Node"
            """));
        Loop = ((LoopDispatcher)_system.Dispatchers.Lookup(ShardLoops.First)).Loop;
        _system.ActorOf(Props.Create(() => new StandInInterceptor(_flows)), "interceptor");
        var environment = new ShardEnvironment(_ => Sender, [() => (ICaptureSource)_capture], _ => 1_460);
        var capturing = new TaskCompletionSource();
        _root = _system.ActorOf(Props.Create(() => new Root(SettingsOf(clients), environment, capturing)));
        _root.Tell(new InterceptorUp(new Address("akka", _system.Name)));
        if (!capturing.Task.Wait(Bound))
            throw new TimeoutException("the shard does not capture");
    }

    public EventLoop Loop { get; }

    public SwallowingSender Sender { get; } = new();

    /// <summary>Opens the next sessions; each is established, has asked once and is answered.</summary>
    public void Open(int count)
    {
        if (_exchanges > 0)
            throw new InvalidOperationException("sessions that are opened later have asked less than the others");
        var first = _open;
        _open += count;
        Sender.Await(SentKind.Syn, _open, () => _capture.Put(first, count, SyntheticClients.ComposeSyn));
        _flows.Await(_open);
        Sender.Await(SentKind.Other, Sender.Sent(SentKind.Other) + count, () => Reply(first, count, SyntheticClients.SynAck));
        Sender.Await(SentKind.Payload, _open, () => _capture.Put(first, count, SyntheticClients.ComposeRequest(0)));
        Reply(first, count, SyntheticClients.Answer(0));
    }

    /// <summary>
    /// Every client asks once and is answered, all at the same time. On return the requests are sent; the answers are handled before anything that comes after.
    /// </summary>
    public void Exchange()
    {
        var number = ++_exchanges;
        var compose = SyntheticClients.ComposeRequest(number);
        Sender.Await(SentKind.Payload, (long)(number + 1) * _open, () => _capture.Put(0, _open, compose));
        Reply(0, _open, SyntheticClients.Answer(number));
    }

    public T OnLoop<T>(Func<T> read) => LoopReading.Read(Loop, read);

    public CopierReport Stop() => _root.Ask<CopierReport>(StopShard.Instance, Bound).GetAwaiter().GetResult();

    public void Dispose()
    {
        _system.Terminate().Wait(Bound);
        _capture.Dispose();
    }

    private void Reply(int first, int count, in Core.Wire.ReplyHeader header)
    {
        var writer = new ReplyBatchWriter();
        for (var client = first; client < first + count; client++)
        {
            if (writer.IsFull)
                _flows.Link.Tell(writer.Take());
            writer.Add(_flows.IdOf(client), header);
        }
        _flows.Link.Tell(writer.Take());
    }

    private static CopierSettings SettingsOf(int clients) => new()
    {
        Node = new NodeSettings(),
        Transfers = [new Transfer(null, SyntheticClients.Online.Port, SyntheticClients.Target)],
        Capture = new CaptureSettings(),
        Send = new SendSettings(),
        Session = new SessionSettings(),
        MaxMemoryBytes = Math.Max(1L << 30, clients * 16_384L),
        StopGrace = TimeSpan.FromSeconds(1),
    };

    private sealed class Root : UntypedActor
    {
        private readonly IActorRef _shard;
        private readonly TaskCompletionSource _capturing;

        public Root(CopierSettings settings, ShardEnvironment environment, TaskCompletionSource capturing)
        {
            _capturing = capturing;
            _shard = Context.ActorOf(Props.Create(() => new ShardActor(settings, environment)).WithDispatcher(ShardLoops.First));
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case LinkUp:
                    Sender.Tell(StartCapture.Instance);
                    break;
                case Capturing:
                    _capturing.TrySetResult();
                    break;
                default:
                    _shard.Forward(message);
                    break;
            }
        }
    }
}
