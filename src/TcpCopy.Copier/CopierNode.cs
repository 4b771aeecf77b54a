using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Traffic;
using TcpCopy.Node.Hosting;

namespace TcpCopy.Copier;

/// <summary>
/// The copier's place in the cluster: joins it, tells the shards which interceptors there are, starts a shard's capture at its first link, and says what
/// it waits for as long as it waits. It keeps the shards together within the processor time that they may take.
/// </summary>
internal sealed class CopierNode : UntypedActor, IWithTimers
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(1);

    private readonly CopierSettings _settings;
    private readonly Action _onReady;
    private readonly IReadOnlyList<IActorRef> _shards;
    private readonly CpuGuard _guard;
    private readonly ProcessorMeter _meter = new();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<(IActorRef Shard, Address Node)> _links = [];
    private readonly HashSet<IActorRef> _started = [];
    private readonly List<CopierReport> _reports = [];
    private int _capturing;
    private IActorRef _stopRequester = ActorRefs.Nobody;

    /// <param name="settings">Of the node.</param>
    /// <param name="environments">One for each shard.</param>
    /// <param name="onReady">Called once, when every shard captures.</param>
    public CopierNode(CopierSettings settings, IReadOnlyList<ShardEnvironment> environments, Action onReady)
    {
        (_settings, _onReady) = (settings, onReady);
        _guard = new CpuGuard(settings.MaxCpu);
        _shards = [.. environments.Select((environment, index) =>
            Context.ActorOf(Props.Create(() => new ShardActor(settings, environment)).WithDispatcher(ShardLoops.Of(index)), $"shard-{index}"))];
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        _cluster.JoinSeedNodes(_settings.Node.Seeds.Select(NodeSystem.AddressOf));
        Timers.StartPeriodicTimer(ReportWait.Instance, ReportWait.Instance, ReportInterval);
        Timers.StartPeriodicTimer(MeasureUse.Instance, MeasureUse.Instance, MeasureInterval);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            // Weakly up: another member is unreachable at the moment, which is no reason to wait for this one.
            case ClusterEvent.IMemberEvent { Member: var member } and (ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp)
                when member.HasRole(NodeSystem.InterceptorRole):
                TellShards(new InterceptorUp(member.Address));
                break;
            case ClusterEvent.MemberRemoved removed when removed.Member.HasRole(NodeSystem.InterceptorRole):
                TellShards(new InterceptorDown(removed.Member.Address));
                break;
            case ClusterEvent.IMemberEvent:
                break;
            case LinkUp up:
                OnLinked(up.Node);
                break;
            case LinkDown down:
                _links.Remove((Sender, down.Node));
                break;
            case Capturing:
                if (++_capturing == _shards.Count)
                    _onReady();
                break;
            case MeasureUse:
                KeepWithinLimit();
                break;
            case ReportWait:
                SayWhatIsMissing();
                break;
            case StopShard:
                Timers.CancelAll();
                _stopRequester = Sender;
                TellShards(message);
                break;
            case CopierReport report:
                OnStopped(report);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnLinked(Address node)
    {
        _links.Add((Sender, node));
        if (_started.Add(Sender))
            Sender.Tell(StartCapture.Instance);
    }

    private void TellShards(object message)
    {
        foreach (var shard in _shards)
            shard.Tell(message);
    }

    private void KeepWithinLimit()
    {
        var before = _guard.Share;
        if (!_guard.OnMeasured(_meter.Read()))
            return;
        TellShards(new SampleSessions(_guard.Share));
        _log.Log(
            _guard.Share < before ? LogLevel.WarningLevel : LogLevel.InfoLevel, cause: null,
            "copying takes {0:0.0} % of this machine and may take {1:0.#} % (max-cpu): {2:0} % of the sessions are copied from now on",
            100 * _guard.Used, 100 * _settings.MaxCpu, 100 * _guard.Share);
    }

    private void OnStopped(CopierReport report)
    {
        _reports.Add(report);
        if (_reports.Count == _shards.Count)
            _stopRequester.Tell(_reports.Aggregate((sum, next) => sum + next));
    }

    private void SayWhatIsMissing()
    {
        if (_links.Count > 0)
            return;
        var seeds = string.Join(", ", _settings.Node.Seeds);
        if (_cluster.State.Members.Any(member => member.HasRole(NodeSystem.InterceptorRole)))
            _log.Warning("waiting for the interceptor of the cluster to serve this copier");
        else
            _log.Warning(
                "no interceptor at {0} yet, trying on: is `tcpcopy intercept` running there, announcing that address (-b), with its port open?",
                seeds);
    }

    private sealed class MeasureUse
    {
        public static readonly MeasureUse Instance = new();
    }

    private sealed class ReportWait
    {
        public static readonly ReportWait Instance = new();
    }
}
