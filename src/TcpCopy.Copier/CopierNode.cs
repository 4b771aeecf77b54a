using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Node.Hosting;

namespace TcpCopy.Copier;

/// <summary>
/// The copier's place in the cluster: joins it, tells the shard which interceptors there are, starts the capture at the first link, and says what it
/// waits for as long as it waits.
/// </summary>
internal sealed class CopierNode : UntypedActor, IWithTimers
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    private readonly CopierSettings _settings;
    private readonly Action _onReady;
    private readonly IActorRef _shard;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<Address> _linked = [];
    private bool _isCapturing;

    public CopierNode(CopierSettings settings, ShardEnvironment environment, Action onReady)
    {
        (_settings, _onReady) = (settings, onReady);
        _shard = Context.ActorOf(Props.Create(() => new ShardActor(settings, environment)).WithDispatcher(Shard.Dispatcher), "shard");
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        _cluster.JoinSeedNodes(_settings.Node.Seeds.Select(NodeSystem.AddressOf));
        Timers.StartPeriodicTimer(ReportWait.Instance, ReportWait.Instance, ReportInterval);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            // Weakly up: another member is unreachable at the moment, which is no reason to wait for this one.
            case ClusterEvent.IMemberEvent { Member: var member } and (ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp)
                when member.HasRole(NodeSystem.InterceptorRole):
                _shard.Tell(new InterceptorUp(member.Address));
                break;
            case ClusterEvent.MemberRemoved removed when removed.Member.HasRole(NodeSystem.InterceptorRole):
                _shard.Tell(new InterceptorDown(removed.Member.Address));
                break;
            case ClusterEvent.IMemberEvent:
                break;
            case LinkUp up:
                OnLinked(up.Node);
                break;
            case LinkDown down:
                _linked.Remove(down.Node);
                break;
            case Capturing:
                _onReady();
                break;
            case ReportWait:
                SayWhatIsMissing();
                break;
            case StopShard:
                Timers.Cancel(ReportWait.Instance);
                _shard.Forward(message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnLinked(Address node)
    {
        _linked.Add(node);
        if (_isCapturing)
            return;
        _isCapturing = true;
        _shard.Tell(StartCapture.Instance);
    }

    private void SayWhatIsMissing()
    {
        if (_linked.Count > 0)
            return;
        var seeds = string.Join(", ", _settings.Node.Seeds);
        if (_cluster.State.Members.Any(member => member.HasRole(NodeSystem.InterceptorRole)))
            _log.Warning("waiting for the interceptor of the cluster to serve this copier");
        else
            _log.Warning(
                "no interceptor at {0} yet, trying on: is `tcpcopy intercept` running there, announcing that address (-b), with its port open?",
                seeds);
    }

    private sealed class ReportWait
    {
        public static readonly ReportWait Instance = new();
    }
}
