using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Interceptor.Routing;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>
/// /user/interceptor: greets copiers, opens their ports in the sink, and supervises the tap, to which they are handed over. It watches one
/// actor of each shard that it serves, and nothing of single sessions.
/// </summary>
internal sealed class InterceptorNode : UntypedActor, IWithTimers
{
    /// <summary>The tap's loop; the section of that name is its configuration.</summary>
    public const string LoopDispatcher = "tcpcopy.loop-dispatcher";

    /// <summary>How long copiers may take to close their replicas when the interceptor stops.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan TrackingInterval = TimeSpan.FromSeconds(10);

    private readonly InterceptorEnvironment _environment;
    private readonly Admission _admission;
    private readonly IReadOnlyList<AddressRange> _clients;
    private readonly ReplyRouter _router;
    private readonly OrphanCloser _orphans;
    private readonly TrackingWatch _tracking;

    /// <summary>
    /// How long a copier whose connection broke may stay silent before its replicas are closed. Nobody is ever declared dead in the
    /// cluster, and a killed copier that comes back has another port: without this its flows would stay for ever.
    /// </summary>
    private readonly TimeSpan _silenceLimit;

    private readonly IActorRef _tap;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<Address, string> _refusals = [];
    private readonly HashSet<IActorRef> _served = [];

    /// <summary>Shards that asked for traces; also those that are not served just now, for they go on without another greeting.</summary>
    private readonly HashSet<IActorRef> _traced = [];
    private Exception? _tapFailure;
    private IActorRef? _stopAsker;
    private bool _isTapClosing;

    public InterceptorNode(InterceptorSettings settings, InterceptorEnvironment environment)
    {
        _environment = environment;
        _admission = new Admission(settings.Ports, settings.AllowedTargets);
        _clients = settings.Clients;
        _silenceLimit = settings.ForgetAfter;
        _orphans = new OrphanCloser(environment.Sender);
        _tracking = new TrackingWatch(environment.Tracked, _log);
        var router = _router = new ReplyRouter(settings.HoldReplies, _orphans);
        var open = environment.OpenTap;
        _tap = Context.ActorOf(Props.Create(() => new TapActor(router, open)).WithDispatcher(LoopDispatcher), "tap");
        Context.Watch(_tap);
        if (environment.OpenResetWatch is { } openWatch)
            Context.ActorOf(Props.Create(() => new ResetWatchActor(router, openWatch)).WithDispatcher(LoopDispatcher), "resets");
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Timers.StartPeriodicTimer(LookAtTracking.Instance, LookAtTracking.Instance, TrackingInterval);
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _orphans.Dispose();
    }

    /// <summary>A tap that failed is opened again, unless that fails too: then the sink is gone, and the node has no more use.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
        maxNrOfRetries: 3,
        withinTimeRange: TimeSpan.FromSeconds(10),
        decider: Decider.From(error =>
        {
            _tapFailure = error is ActorInitializationException ? error.GetBaseException() : error;
            return error is ActorInitializationException ? Directive.Stop : Directive.Restart;
        }));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Hello hello:
                OnHello(hello);
                break;
            case Goodbye:
                _traced.Remove(Sender);
                OnGone(Sender, new Forget(Sender));
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_tap):
                _environment.Failed.TrySetResult(_tapFailure);
                break;
            case Terminated terminated:
                OnGone(terminated.ActorRef, NewsOf(terminated));
                break;
            case Stranger stranger:
                OnStranger(stranger.Shard);
                break;
            case DisassociatedEvent lost:
                OnConnectionLost(lost.RemoteAddress);
                break;
            case CloseSilent close:
                OnSilenceOver(close);
                break;
            case LookAtTracking:
                _tracking.Look();
                break;
            case TapOpened:
                _environment.Opened.TrySetResult();
                break;
            case GetReport:
                _tap.Forward(message);
                break;
            case Stop stop:
                OnStop(stop.SaysGoodbye);
                break;
            case CloseTap:
                OnFarewellOver();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnHello(Hello hello)
    {
        if (_stopAsker is not null)
            return;
        if (_environment.IsCopier(Sender.Path.Address) is not true and var answer)
        {
            // Without an answer its connection has just ended: it asks again.
            if (answer is false)
                Refuse("its certificate is not a copier's; give that node one (tcpcopy certs --copier), or take it out of the cluster");
            return;
        }
        var reason = _admission.Refuse(hello, _environment.Addresses(), _environment.Sink.ServesV6, out var ports) ?? OpenPorts(ports);
        if (reason is not null)
            Refuse(reason);
        else
            Greet(hello, ports);
    }

    /// <summary>One that was greeted by an interceptor before this one. It greets again unless it is answered.</summary>
    private void OnStranger(IActorRef shard)
    {
        if (_stopAsker is null && _environment.IsCopier(shard.Path.Address) is true)
            Admit(shard, _environment.Sink.Ports);
    }

    /// <summary>Null, or why the ports cannot be opened.</summary>
    private string? OpenPorts(IReadOnlyList<ushort> ports)
    {
        var fresh = ports.Except(_environment.Sink.Ports).ToList();
        if (fresh.Count == 0)
            return null;
        try
        {
            _environment.Sink.SetPorts(_environment.Sink.Ports.Union(fresh));
            _log.Info("taking replies of port {0} from now on", string.Join(", ", fresh));
            return null;
        }
        catch (RulesException error)
        {
            return $"its rules cannot be extended: {error.Message}";
        }
    }

    private void Greet(Hello hello, IReadOnlyList<ushort> ports)
    {
        if (hello.Features.Contains(FeatureNames.Trace))
            _traced.Add(Sender);
        Admit(Sender, ports);
    }

    private void Admit(IActorRef shard, IReadOnlyCollection<ushort> ports)
    {
        _refusals.Remove(shard.Path.Address);
        if (_served.Add(shard))
        {
            Context.Watch(shard);
            _log.Info("serving the copier at {0}, port {1}", shard.Path.Address, string.Join(", ", ports));
        }
        var isTraced = _traced.Contains(shard);
        _tap.Tell(new Serve(shard, isTraced));
        IReadOnlyList<string> features = isTraced ? [FeatureNames.Trace] : [];
        // In the tap's name: flows are to go straight there.
        shard.Tell(new Welcome(ProtocolVersion.Current, features, [.. ports], _environment.Addresses()) { Clients = _clients }, _tap);
    }

    /// <summary>A copier asks again and again: the log says it once.</summary>
    private void Refuse(string reason)
    {
        var node = Sender.Path.Address;
        if (_refusals.GetValueOrDefault(node) != reason)
            _log.Warning("not serving the copier at {0}: {1}", node, reason);
        _refusals[node] = reason;
        Sender.Tell(new Refused(reason));
    }

    /// <summary>
    /// Of a copier that the cluster has lost the replicas are closed. Where the actor alone has ended its copier lives: it has another one by now, by which it
    /// registers the same replicas.
    /// </summary>
    private static object NewsOf(Terminated terminated) =>
        terminated.AddressTerminated ? new CloseOrphans(terminated.ActorRef) : new Forget(terminated.ActorRef);

    private void OnGone(IActorRef shard, object news)
    {
        if (!_served.Remove(shard))
            return;
        Context.Unwatch(shard);
        _tap.Tell(news);
        if (_stopAsker is not null && _served.Count == 0)
            OnFarewellOver();
    }

    private void OnConnectionLost(Address node)
    {
        // It is told of every attempt to connect that fails, too: the time runs from the first.
        if (!Timers.IsTimerActive(node) && _served.Any(shard => shard.Path.Address.Equals(node)))
            Timers.StartSingleTimer(node, new CloseSilent(node, _silenceLimit), _silenceLimit);
    }

    /// <summary>A copier without anything to announce says nothing, but its heart beats; and the cluster takes some seconds to miss that.</summary>
    private void OnSilenceOver(CloseSilent close)
    {
        if (_environment.IsReachable(close.Node))
            OnConnectionLost(close.Node);
        else
            _tap.Tell(close);
    }

    /// <summary>
    /// Without the rules, what the target still sends to replicas would go to the real clients: the copiers close theirs first.
    /// </summary>
    private void OnStop(bool saysGoodbye)
    {
        _stopAsker = Sender;
        if (saysGoodbye)
        {
            foreach (var shard in _served)
                shard.Tell(Goodbye.Instance);
        }
        if (_served.Count == 0 || !saysGoodbye)
            OnFarewellOver();
        else
            Timers.StartSingleTimer(CloseTap.Instance, CloseTap.Instance, FarewellLimit);
    }

    private void OnFarewellOver()
    {
        if (_isTapClosing)
            return;
        _isTapClosing = true;
        // Its last words are its figures: they are read when its thread is done with them.
        _tap.GracefulStop(TimeSpan.FromSeconds(5))
            .PipeTo(_stopAsker, success: _ => _router.Report(), failure: error => new Status.Failure(error));
    }

    private sealed class LookAtTracking
    {
        public static readonly LookAtTracking Instance = new();
    }

    private sealed class CloseTap
    {
        public static readonly CloseTap Instance = new();
    }
}

/// <summary>Asks <see cref="InterceptorNode"/> to close the tap and to answer with its <see cref="InterceptorReport"/>.</summary>
/// <param name="SaysGoodbye">Copiers are to close their replicas before; false: the rules stay, and so do the replicas.</param>
internal sealed record Stop(bool SaysGoodbye);
