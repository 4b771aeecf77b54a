using Akka.Event;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Capture;

/// <summary>
/// Has the shard shed the sessions that begin while what a device captures waits for good, and tells the operator. The kernel's buffer would overflow
/// otherwise, and what is lost there are pieces of sessions and none whole. Loop thread only.
/// </summary>
/// <param name="bridge">The device's; see <see cref="StandingDelay"/>.</param>
/// <param name="calm">Comes back to <see cref="OnCalm"/>.</param>
internal sealed class CaptureDelay(Shard shard, TimeSpan bridge, ILoggingAdapter log, LoopTimer calm)
{
    /// <summary>Under an overload the delay comes and goes with the sessions that are shed: that is told once.</summary>
    private static readonly TimeSpan CalmAfter = TimeSpan.FromSeconds(10);

    private StandingDelay _delay = new(bridge);
    private bool _isSaid;
    private long _shedBefore;

    /// <param name="capturedAt">Of the packet that has waited longest.</param>
    public void Look(Instant capturedAt)
    {
        var (now, stood) = (shard.Loop.WallClock, _delay.Stands);
        _delay.Look(capturedAt, now);
        if (_delay.Stands != stood)
            shard.LateCaptures += stood ? -1 : 1;
        if (_delay.Stands)
            Say(now - capturedAt);
    }

    public void OnCalm()
    {
        // Of a device that has fallen silent nothing comes in time: other devices' sessions would be shed for its sake.
        Forget();
        log.Info("the copier keeps up again; {0} sessions were shed meanwhile", shard.Accounts.EndedAs(SessionOutcome.Shed) - _shedBefore);
        _isSaid = false;
    }

    /// <summary>The device is closed.</summary>
    public void End()
    {
        calm.Cancel();
        Forget();
    }

    private void Forget()
    {
        if (_delay.Stands)
            shard.LateCaptures--;
        _delay = new StandingDelay(bridge);
    }

    private void Say(TimeSpan delay)
    {
        calm.Set(shard.Loop.Now + CalmAfter);
        if (_isSaid)
            return;
        (_isSaid, _shedBefore) = (true, shard.Accounts.EndedAs(SessionOutcome.Shed));
        log.Warning(
            "more is captured than this copier gets done (packets wait {0:0.0} s for it): sessions that begin meanwhile are shed; give it more of the "
            + "processors, or a part of the sessions (tcpcopy.copier.sample)", delay.TotalSeconds);
    }
}
