using Akka.Actor;
using Akka.Event;
using TcpCopy.Copier.Shards;
using TcpCopy.Node.Loop;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Copier.Capture;

/// <summary>// [1] Owns one capture device: drains what waits in the kernel each time the loop finds it readable, and opens it again when it fails.</summary>
internal sealed class CaptureActor : UntypedActor
{
    /// <summary>Frames a turn: bounds how long the sessions wait for the loop.</summary>
    private const int DrainLimit = 256;

    /// <summary>The same for bytes: a device that joins segments hands over 64 KB at once.</summary>
    private const int DrainBytes = 1024 * 1024;

    /// <summary>Frames between two looks at the bytes.</summary>
    private const int DrainStep = 16;

    private static readonly TimeSpan ReopenAfter = TimeSpan.FromSeconds(1);

    /// <summary>The kernel looks at its blocks in steps of its tick, of 10 ms at most.</summary>
    private static readonly TimeSpan Ticks = TimeSpan.FromMilliseconds(20);

    private readonly Shard _shard;
    private readonly SegmentRouter _router;
    private readonly Func<ICaptureSource> _open;
    private readonly FrameHandler _onFrame;
    private readonly IActorRef _self;
    private readonly LoopTimer _reopenTimer;
    private readonly LoopTimer _closeTimer;
    private readonly LoopTimer _calmTimer;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ICaptureSource? _source;
    private LoopWatch? _watch;
    private CaptureDelay? _delay;
    private bool _isDrainTold;
    private bool _isFirstOfTurn;

    public CaptureActor(Shard shard, SegmentRouter router, Func<ICaptureSource> open)
    {
        (_shard, _router, _open) = (shard, router, open);
        _onFrame = OnFrame;
        _self = Self;
        _reopenTimer = new LoopTimer(shard.Loop, _self, Reopen.Instance);
        _closeTimer = new LoopTimer(shard.Loop, _self, CloseSource.Instance);
        _calmTimer = new LoopTimer(shard.Loop, _self, CalmAgain.Instance);
    }

    protected override void PreStart() => Open();

    protected override void PostStop()
    {
        _reopenTimer.Cancel();
        _closeTimer.Cancel();
        Close();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DrainSource:
                Drain();
                break;
            case Reopen:
                Open();
                break;
            case CalmAgain:
                _delay?.OnCalm();
                break;
            case StopCapture:
                // What happened before the stop is still taken.
                _closeTimer.Set(_shard.Loop.Now + (_source?.Delay ?? default) + Ticks);
                break;
            case CloseSource:
                while (Drain())
                {
                }
                Close();
                Context.Parent.Tell(CaptureStopped.Instance);
                Context.Stop(_self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <returns>True when more may wait.</returns>
    private bool Drain()
    {
        _isDrainTold = false;
        try
        {
            return _source is not null && Drain(_source);
        }
        catch (CaptureException error)
        {
            _log.Error("capture stopped: {0}; trying again every {1} s", error.Message, ReopenAfter.TotalSeconds);
            Close();
            _reopenTimer.Set(_shard.Loop.Now + ReopenAfter);
            return false;
        }
    }

    private bool Drain(ICaptureSource source)
    {
        var mostBytes = _router.Bytes + DrainBytes;
        _isFirstOfTurn = true;
        for (var left = DrainLimit; left > 0 && _router.Bytes < mostBytes; left -= DrainStep)
        {
            if (source.Drain(DrainStep, _onFrame) < DrainStep)
                return false;
        }
        return true;
    }

    private void OnFrame(in CapturedFrame frame)
    {
        if (_isFirstOfTurn)
            _delay!.Look(frame.CapturedAt);
        _isFirstOfTurn = false;
        _router.OnFrame(frame);
    }

    private void Open()
    {
        try
        {
            _source = _open();
            _delay = new CaptureDelay(_shard, _source.Bridge, _log, _calmTimer);
            _shard.Books.OnOpened(_source);
            _watch = _shard.Loop.Watch(_source.FileDescriptor, TellDrain);
            _log.Info("capturing on {0}", _source.Name);
            Context.Parent.Tell(CaptureOpened.Instance);
        }
        catch (CaptureException error)
        {
            _log.Error("no capture: {0}", error.Message);
            _reopenTimer.Set(_shard.Loop.Now + ReopenAfter);
        }
    }

    private void TellDrain()
    {
        if (_isDrainTold)
            return;
        _isDrainTold = true;
        _self.Tell(DrainSource.Instance, ActorRefs.NoSender);
    }

    private void Close()
    {
        if (_source is null)
            return;
        _shard.Books.OnClosing(_source);
        _watch?.Dispose();
        _delay?.End();
        _source.Dispose();
        (_source, _watch) = (null, null);
    }

    private sealed class DrainSource
    {
        public static readonly DrainSource Instance = new();
    }

    private sealed class Reopen
    {
        public static readonly Reopen Instance = new();
    }

    private sealed class CalmAgain
    {
        public static readonly CalmAgain Instance = new();
    }

    private sealed class CloseSource
    {
        public static readonly CloseSource Instance = new();
    }
}

/// <summary>A capture sees what comes from now on.</summary>
internal sealed class CaptureOpened
{
    public static readonly CaptureOpened Instance = new();
}

/// <summary>A capture's device is closed; its figures are in the books.</summary>
internal sealed class CaptureStopped
{
    public static readonly CaptureStopped Instance = new();
}

/// <summary>Closes the device; the parent is told <see cref="CaptureStopped"/>.</summary>
internal sealed class StopCapture
{
    public static readonly StopCapture Instance = new();
}
