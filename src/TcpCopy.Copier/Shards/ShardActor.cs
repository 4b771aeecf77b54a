using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Api;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Capture;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Sessions;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Shards;

/// <summary>
/// Root of a shard: captures, sessions and interceptor links of one loop. Its turn ends with the packets of the turn and, at their pace, the
/// announcements of the flows that began and ended.
/// </summary>
internal sealed class ShardActor : UntypedActor
{
    /// <summary>A message wakes both nodes; a reply that overtakes its flow's announcement is held by the interceptor.</summary>
    private static readonly TimeSpan AnnounceInterval = TimeSpan.FromMilliseconds(4);

    /// <summary>Where flows have only ended: nobody waits for that, and others that begin take it along.</summary>
    private static readonly TimeSpan EndsInterval = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan DrainCheck = TimeSpan.FromMilliseconds(10);

    private readonly CopierSettings _settings;
    private readonly ShardEnvironment _environment;
    private readonly Shard _shard;
    private readonly SegmentRouter _router;
    private readonly IActorRef _sessions;
    private readonly IActorRef _viewer;
    private readonly List<IActorRef> _captures = [];
    private readonly HashSet<IActorRef> _opened = [];
    private readonly Dictionary<Address, IActorRef> _links = [];
    private readonly List<IActorRef> _leaving = [];
    private readonly LoopTimer _drainTimer;
    private readonly LoopTimer _resetTimer;
    private IDisposable? _sending;
    private IDisposable? _announcing;
    private Instant _drainLimit = Instant.Never;
    private IActorRef _stopRequester = ActorRefs.Nobody;

    public ShardActor(CopierSettings settings, ShardEnvironment environment)
    {
        (_settings, _environment) = (settings, environment);
        _shard = new Shard(EventLoop.Current, Context.Props.Dispatcher, settings, environment, Context.GetLogger());
        _drainTimer = new LoopTimer(_shard.Loop, Self, CheckDrained.Instance);
        _resetTimer = new LoopTimer(_shard.Loop, Self, CheckReset.Instance);
        _sessions = Context.ActorOf(Props.Create(() => new SessionSupervisor(_shard)).WithDispatcher(_shard.Dispatcher), "sessions");
        _router = new SegmentRouter(_shard, _sessions);
        Func<CopierFigures> read = ReadFigures;
        _viewer = Context.ActorOf(Props.Create(() => new ShardViewer(_shard, read)).WithDispatcher(_shard.Dispatcher), "viewer");
    }

    protected override void PreStart()
    {
        _sending = _shard.Loop.AtEndOfTurn(_shard.Sender.Flush);
        _announcing = _shard.Loop.AtEndOfTurn(AnnouncementsWait, _shard.Flows.Flush);
    }

    /// <summary>A failure in a capture or link restarts that one; sessions have a supervisor of their own.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

    protected override void PostStop()
    {
        _drainTimer.Cancel();
        _resetTimer.Cancel();
        _shard.Sender.Flush();
        _sending?.Dispose();
        _announcing?.Dispose();
        _shard.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InterceptorUp up:
                AddLink(up.Node);
                break;
            case InterceptorDown down:
                RemoveLink(down.Node);
                break;
            case InterceptorsHeard heard:
                _shard.Escape.SetBlind(!heard.AreHeard);
                break;
            case ShareSessions share:
                _shard.Share = share.Share;
                break;
            case LinkUp or LinkDown:
                _shard.Escape.ForgetSilence();
                Context.Parent.Tell(message);
                break;
            case LinkLeaving:
                _leaving.Add(Sender);
                ResetUnserved();
                break;
            case StartCapture:
                StartCaptures();
                break;
            case ResumeCopying:
                Sender.Tell(new Resumed(_shard.Escape.Resume()));
                break;
            case SampleSessions sample:
                Sample(sample.Share);
                break;
            case StopShard:
                _stopRequester = Sender;
                _shard.IsStopping = true;
                StopCaptures();
                break;
            case CaptureOpened:
                OnCaptureOpened();
                break;
            case CaptureStopped:
                OnCaptureStopped();
                break;
            case CheckDrained:
                StopWhenDrained();
                break;
            case CheckReset:
                TakeLeaveWhenReset();
                break;
            case IViewQuestion:
                _viewer.Forward(message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Sessions that are picked no more end, whole and counted; those that are picked again are joined at their next request.</summary>
    private void Sample(double share)
    {
        _shard.Sampler = new SessionSampler(_settings.Sample * share);
        foreach (var entry in _shard.Table.All)
        {
            if (_shard.Sampler.Takes(entry.Captured.Client))
                continue;
            _shard.Refused.Remember(entry.Captured);
            entry.Actor.Tell(SampleOut.Instance);
        }
    }

    private void AddLink(Address node)
    {
        if (_links.ContainsKey(node))
            return;
        var isInterceptor = _environment.IsInterceptor;
        var targets = _settings.Transfers.Select(transfer => transfer.Target).Distinct().ToArray();
        _links[node] = Context.ActorOf(Props.Create(() => new InterceptorLink(_shard, node, targets, isInterceptor)).WithDispatcher(_shard.Dispatcher));
    }

    private void RemoveLink(Address node)
    {
        if (!_links.Remove(node, out var link))
            return;
        Context.Stop(link);
        Context.Parent.Tell(new LinkDown(node));
    }

    private void ResetUnserved()
    {
        foreach (var entry in _shard.Table.All)
        {
            if (!_shard.Flows.IsServed(entry.Replica))
                entry.Actor.Tell(StopSession.Instance);
        }
        _resetTimer.Set(_shard.Loop.Now + DrainCheck);
    }

    private void TakeLeaveWhenReset()
    {
        if (_shard.Table.All.Any(entry => !_shard.Flows.IsServed(entry.Replica)))
        {
            _resetTimer.Set(_shard.Loop.Now + DrainCheck);
            return;
        }
        foreach (var link in _leaving)
            link.Tell(TakeLeave.Instance);
        _leaving.Clear();
    }

    private TimeSpan? AnnouncementsWait() =>
        _shard.Flows.IsPressing ? AnnounceInterval : _shard.Flows.HasBatch ? EndsInterval : null;

    private void StartCaptures()
    {
        foreach (var open in _environment.OpenCaptures.Skip(_captures.Count))
            _captures.Add(Context.ActorOf(Props.Create(() => new CaptureActor(_shard, _router, open)).WithDispatcher(_shard.Dispatcher)));
    }

    private void OnCaptureOpened()
    {
        if (_opened.Add(Sender) && _opened.Count == _environment.OpenCaptures.Count)
            Context.Parent.Tell(Capturing.Instance);
    }

    private void StopCaptures()
    {
        foreach (var capture in _captures)
            capture.Tell(StopCapture.Instance);
        if (_captures.Count == 0)
            BeginDraining();
    }

    private void OnCaptureStopped()
    {
        _captures.Remove(Sender);
        if (_captures.Count == 0)
            BeginDraining();
    }

    /// <summary>What was captured gets the chance to be acknowledged before the replicas are reset.</summary>
    private void BeginDraining()
    {
        _drainLimit = _shard.Loop.Now + _settings.StopGrace;
        StopWhenDrained();
    }

    private void StopWhenDrained()
    {
        var isDrained = _shard.Pool.LeasedBytes == 0;
        if (!isDrained && _shard.Loop.Now < _drainLimit)
        {
            _drainTimer.Set(_shard.Loop.Now + DrainCheck);
            return;
        }
        if (_shard.Table.All.Count > 0)
        {
            _sessions.Tell(StopSession.Instance);
            _drainTimer.Set(_shard.Loop.Now + DrainCheck);
            return;
        }
        // Who is told of flows behind this shard's leave takes it in again.
        _shard.Flows.Flush();
        if (_shard.Flows.HasBatch && _shard.Loop.Now < _drainLimit)
        {
            _drainTimer.Set(_shard.Loop.Now + DrainCheck);
            return;
        }
        foreach (var link in _links.Values)
            link.Tell(TakeLeave.Instance);
        _stopRequester.Tell(ReadReport());
    }

    private CopierReport ReadReport() => new()
    {
        Sessions = _shard.Accounts.Read(),
        Capture = _router.Read(_shard.Books.Captured),
        Send = SendFigures.Of(_shard.Sender.Counters),
        Replies = _shard.Replies,
        RepliesWithoutSession = _shard.RepliesWithoutSession,
        LeakedBytes = _shard.Pool.LeasedBytes,
        Comparison = _shard.Comparison?.Read(),
        Elapsed = TimeSpan.Zero,
    };

    private CopierFigures ReadFigures() => new()
    {
        Report = ReadReport(),
        TargetRoundTrip = _shard.Books.TargetRoundTrip.Read(),
        TargetFirstReply = _shard.Books.TargetFirstReply.Read(),
        OnlineRoundTrip = _shard.Books.OnlineRoundTrip.Read(),
        Memory = new MemoryFigures(_shard.Pool.LeasedBytes, _shard.Memory.Used, _shard.Memory.Bytes),
        Actors = new ActorFigures(_shard.Table.All.Count, _shard.Books.Captures, _shard.Loop.QueuedRuns),
        Links = _shard.Books.Links,
        Obstacle = _shard.Escape.IsStopped ? "replies escape" : _shard.Books.Captures < _environment.OpenCaptures.Count ? "not capturing" : null,
    };

    private sealed class CheckReset
    {
        public static readonly CheckReset Instance = new();
    }

    private sealed class CheckDrained
    {
        public static readonly CheckDrained Instance = new();
    }
}

/// <summary>The cluster has an interceptor on this node.</summary>
internal sealed record InterceptorUp(Address Node);

internal sealed record InterceptorDown(Address Node);

/// <summary>Whether all interceptors are heard of.</summary>
internal sealed record InterceptorsHeard(bool AreHeard);

/// <summary>This copier's part of the connections that several see.</summary>
internal sealed record ShareSessions(SplitShare Share);

/// <summary>Opens the captures; once.</summary>
internal sealed class StartCapture
{
    public static readonly StartCapture Instance = new();
}

/// <summary>Copies this share of the sessions that settings pick, 0 to 1.</summary>
internal sealed record SampleSessions(double Share);

/// <summary>Shard to node: every device is open, and what comes from now on is copied. Told once.</summary>
internal sealed class Capturing
{
    public static readonly Capturing Instance = new();
}

/// <summary>Closes captures, lets sessions finish, resets the rest; answered with a <see cref="CopierReport"/>.</summary>
internal sealed class StopShard
{
    public static readonly StopShard Instance = new();
}
