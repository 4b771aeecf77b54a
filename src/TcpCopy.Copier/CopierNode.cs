using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Views;
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

    /// <summary>News of one change in the cluster comes in a row.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(200);

    private readonly CopierSettings _settings;
    private readonly Action _onReady;
    private readonly IReadOnlyList<IActorRef> _shards;
    private readonly CpuGuard _guard;
    private readonly ProcessorMeter _meter = new();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<(IActorRef Shard, Address Node)> _links = [];
    private readonly HashSet<IActorRef> _started = [];
    private readonly LiveMembers _interceptors = new(NodeSystem.InterceptorRole);
    private readonly SplitGroup? _split;
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
        _split = settings.SplitGroup.Length == 0 ? null : new SplitGroup(_cluster.SelfAddress, SplitGroup.RoleOf(settings.SplitGroup));
        _shards = [.. environments.Select((environment, index) =>
            Context.ActorOf(Props.Create(() => new ShardActor(settings, environment)).WithDispatcher(ShardLoops.Of(index)), $"shard-{index}"))];
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Join();
        Timers.StartPeriodicTimer(ReportWait.Instance, ReportWait.Instance, ReportInterval);
        Timers.StartPeriodicTimer(MeasureUse.Instance, MeasureUse.Instance, MeasureInterval);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.IClusterDomainEvent news:
                OnCluster(news);
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
            case SettleSplit:
                OnSplitSettled();
                break;
            case MeasureUse:
                KeepWithinLimit();
                break;
            case GetShards:
                Sender.Tell(_shards);
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

    /// <summary>Replies to this host's own address come to this host alone: no interceptor of another node has any part in them.</summary>
    private void Join()
    {
        var seeds = _settings.Node.Seeds.Select(NodeSystem.AddressOf).ToList();
        if (!_settings.Replicas.OwnIp)
        {
            _cluster.JoinSeedNodes(seeds);
            return;
        }
        NodeSystem.JoinOrFound(Context.System, seeds);
        TellShards(new InterceptorUp(_cluster.SelfAddress));
    }

    private void OnCluster(ClusterEvent.IClusterDomainEvent news)
    {
        switch (news)
        {
            // Weakly up: another member is unreachable at the moment, which is no reason to wait for this one.
            case ClusterEvent.IMemberEvent { Member: var member } and (ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp)
                when member.HasRole(NodeSystem.InterceptorRole) && !_settings.Replicas.OwnIp:
                TellShards(new InterceptorUp(member.Address));
                break;
            case ClusterEvent.MemberRemoved removed when removed.Member.HasRole(NodeSystem.InterceptorRole):
                TellShards(new InterceptorDown(removed.Member.Address));
                break;
        }
        if (_interceptors.Update(news))
            OnInterceptors(news);
        if (_split?.Note(news) == true)
            Timers.StartSingleTimer(SettleSplit.Instance, SettleSplit.Instance, SettleTime);
    }

    private void OnSplitSettled()
    {
        if (_split?.Settle() != true)
            return;
        _log.Info("copiers that divide the connections which all of them see: {0}", _split.Share!.Count);
        TellShards(new ShareSessions(_split.Share));
        StartCaptures();
    }

    private void OnInterceptors(ClusterEvent.IClusterDomainEvent news)
    {
        if (news is ClusterEvent.UnreachableMember lost)
            _log.Warning("interceptor {0} is not heard of any more: sessions wait for it until they give up", lost.Member.Address);
        else if (news is ClusterEvent.ReachableMember found)
            _log.Info("interceptor {0} is heard of again", found.Member.Address);
        TellShards(new InterceptorsHeard(_interceptors.AreAllHeard));
    }

    private void OnLinked(Address node)
    {
        _links.Add((Sender, node));
        StartCaptures();
    }

    /// <summary>Of those that are linked; where several copiers see the same, once it is known who has which part.</summary>
    private void StartCaptures()
    {
        if (_split is { Share: null })
            return;
        foreach (var (shard, _) in _links)
        {
            if (_started.Add(shard))
                shard.Tell(StartCapture.Instance);
        }
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
        if (_links.Count > 0 || _settings.Replicas.OwnIp)
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

    private sealed class SettleSplit
    {
        public static readonly SettleSplit Instance = new();
    }

    private sealed class ReportWait
    {
        public static readonly ReportWait Instance = new();
    }
}
