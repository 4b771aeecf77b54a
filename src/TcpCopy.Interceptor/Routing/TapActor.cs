using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Routes;
using TcpCopy.Node.Loop;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Interceptor.Routing;

/// <summary>
/// // [7] Owns the tap on the sink device, the routes and the batches on one loop thread. Copiers send their flows straight to it. A failed tap is
/// opened again by its supervisor; the router stays.
/// </summary>
internal sealed class TapActor : UntypedActor
{
    /// <summary>Frames taken before other messages, flows above all, have their turn.</summary>
    private const int DrainLimit = 1024;

    private readonly ReplyRouter _router;
    private readonly ICaptureSource _tap;
    private readonly LookPace _pace;
    private readonly EventLoop _loop = EventLoop.Current;
    private readonly LoopTimer _expiry;
    private readonly LoopWatch _watch;
    private readonly IDisposable _endOfTurn;
    private readonly FrameHandler _onFrame;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _self = Context.Self;
    private bool _isDrainQueued;

    /// <param name="router">Used on the loop's thread alone.</param>
    /// <param name="open">Opens the tap.</param>
    public TapActor(ReplyRouter router, Func<ICaptureSource> open)
    {
        _router = router;
        _onFrame = OnFrame;
        _tap = open();
        _pace = new LookPace(router.Haste, _tap.HoldsFrames);
        _expiry = new LoopTimer(_loop, _self, Expire.Instance);
        _watch = _loop.Watch(_tap.FileDescriptor, OnReadable);
        _endOfTurn = _loop.AtEndOfTurn(() => _router.Flush(_self));
    }

    protected override void PreStart()
    {
        _log.Info("tap on {0}", _tap.Name);
        Context.Parent.Tell(TapOpened.Instance);
    }

    protected override void PostStop()
    {
        _router.Flush(_self);
        _watch.Dispose();
        _endOfTurn.Dispose();
        _expiry.Cancel();
        _router.AddDropped(_tap.Statistics);
        _tap.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Drain:
                Look();
                break;
            case FlowBatch batch:
                OnFlows(batch);
                break;
            case Expire:
                OnExpiry();
                break;
            case Serve serve:
                _router.Serve(serve.Shard, serve.IsTraced, _loop.Now);
                _expiry.Set(_router.NextExpiry);
                break;
            case GetReport:
                Sender.Tell(_router.Report(_tap.Statistics));
                break;
            case Goodbye:
                // It comes here behind the last flows of its sender; what follows from it is the supervisor's to say.
                Context.Parent.Forward(message);
                break;
            case Forget forget:
                Report("forgot", forget.Shard.Path.Address, _router.Forget(forget.Shard));
                break;
            case CloseOrphans close:
                Report("closed", close.Shard.Path.Address, _router.Close(close.Shard, _loop.Now));
                break;
            case CloseSilent close:
                Report("closed", close.Node, _router.CloseSilent(close.Node, _loop.Now - close.Limit, _loop.Now));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Runs outside the actor: what fails has to fail inside, where it is supervised.</summary>
    private void OnReadable()
    {
        if (_isDrainQueued)
            return;
        if (_pace.BeforeLook(_loop.Now) is { } wait)
        {
            _watch.CallAt(_loop.Now + wait);
            return;
        }
        _isDrainQueued = true;
        _self.Tell(Drain.Instance, ActorRefs.NoSender);
    }

    private void Look()
    {
        _isDrainQueued = false;
        var found = _tap.Drain(DrainLimit, _onFrame);
        if (found < DrainLimit && _pace.AfterLook(found, _loop.Now) is { } wait)
            _watch.CallAt(_loop.Now + wait);
        _expiry.Set(_router.NextExpiry);
    }

    private void OnFrame(in CapturedFrame frame) => _router.OnFrame(frame, _loop.Now, _self);

    private void OnFlows(FlowBatch batch)
    {
        if (!_router.OnFlows(Sender, batch, _loop.Now, _self))
            Context.Parent.Tell(new Stranger(Sender));
    }

    private void OnExpiry()
    {
        _router.Expire(_loop.Now);
        _expiry.Set(_router.NextExpiry);
    }

    private void Report(string what, Address node, int flows)
    {
        if (flows > 0)
            _log.Info("{0} {1} replicas of the copier at {2}", what, flows, node);
    }

    private sealed class Drain
    {
        public static readonly Drain Instance = new();
    }

    private sealed class Expire
    {
        public static readonly Expire Instance = new();
    }
}

/// <summary>Tap to its supervisor: open, and watched by the loop.</summary>
internal sealed class TapOpened
{
    public static readonly TapOpened Instance = new();
}

/// <summary>Asks for the figures of this moment; the answer is an <see cref="InterceptorReport"/>.</summary>
internal sealed class GetReport
{
    public static readonly GetReport Instance = new();
}

/// <summary>Supervisor to tap: take flows of this shard, which may want the traces of its replies.</summary>
internal sealed record Serve(IActorRef Shard, bool IsTraced);

/// <summary>Supervisor to tap: this shard has closed its replicas and takes its leave.</summary>
internal sealed record Forget(IActorRef Shard);

/// <summary>Supervisor to tap: this shard is gone, and its replicas are not closed.</summary>
internal sealed record CloseOrphans(IActorRef Shard);

/// <summary>Supervisor to tap: this node was lost and, unless it was heard of within the limit, is not coming back.</summary>
internal sealed record CloseSilent(Address Node, TimeSpan Limit);

/// <summary>Tap to its supervisor: this shard sends flows and is not served.</summary>
internal sealed record Stranger(IActorRef Shard);
