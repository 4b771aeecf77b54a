using Akka.Actor;
using Akka.Event;
using TcpCopy.Node.Loop;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Interceptor.Routing;

/// <summary>
/// Looks for resets of replicas that come from real clients: a client answers so to what it knows nothing of, and it gets to know of a replica by nothing but
/// the target's answer. Runs on the tap's loop. Without it copying goes on; what it could have told shows later, by the silence of the tap.
/// </summary>
internal sealed class ResetWatchActor : UntypedActor
{
    private const int DrainLimit = 256;

    private readonly ReplyRouter _router;
    private readonly Func<ICaptureSource> _open;
    private readonly FrameHandler _onFrame;
    private readonly IActorRef _self = Context.Self;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ICaptureSource? _source;
    private LoopWatch? _watch;
    private bool _isDrainTold;

    public ResetWatchActor(ReplyRouter router, Func<ICaptureSource> open)
    {
        (_router, _open) = (router, open);
        _onFrame = OnFrame;
    }

    protected override void PreStart() => Try(() =>
    {
        _source = _open();
        _watch = EventLoop.Current.Watch(_source.FileDescriptor, TellDrain);
    });

    protected override void PostStop()
    {
        _watch?.Dispose();
        _source?.Dispose();
    }

    protected override void OnReceive(object message)
    {
        _isDrainTold = false;
        Try(() => _source?.Drain(DrainLimit, _onFrame));
    }

    /// <summary>Runs outside the actor.</summary>
    private void TellDrain()
    {
        if (_isDrainTold)
            return;
        _isDrainTold = true;
        _self.Tell(Drain.Instance, ActorRefs.NoSender);
    }

    private void OnFrame(in CapturedFrame frame) => _router.OnClientReset(frame, _self);

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (CaptureException error)
        {
            _log.Warning("replies that reach real clients would not be noticed by the resets that follow: {0}", error.Message);
            Context.Stop(_self);
        }
    }

    private sealed class Drain
    {
        public static readonly Drain Instance = new();
    }
}
