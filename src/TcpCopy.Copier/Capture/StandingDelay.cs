using Akka.Event;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Capture;

/// <summary>
/// Tells an overload from a burst: a burst's delay goes by itself, an overload's stands (RFC 8289 section 3.1 tells good queues from bad ones so). While it
/// stands, sessions that begin are shed; the kernel's buffer would overflow otherwise, and what is lost there are pieces of sessions and none whole.
/// Loop thread only.
/// </summary>
/// <param name="log">For the operator.</param>
internal sealed class StandingDelay(ILoggingAdapter log)
{
    /// <summary>What a captured packet may wait for the copier. The kernel's buffer holds seconds of all but the fastest uploads.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long every packet has to wait that long before it counts as standing. Who did not even look for as long was halted, which is no overload.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan SayAgainAfter = TimeSpan.FromMinutes(1);

    private Instant _since;
    private Instant? _lookedAt;
    private Instant? _saidAt;

    /// <summary>Whether more is captured than the copier gets done.</summary>
    public bool Stands { get; private set; }

    /// <param name="capturedAt">Of the packet that has waited longest.</param>
    /// <param name="now">On the same clock.</param>
    public void Look(Instant capturedAt, Instant now)
    {
        var delay = now - capturedAt;
        // By the wall clock, which may be set.
        var hasLooked = _lookedAt is { } last && (now - last).Duration() <= Interval;
        if (delay < Target || !hasLooked)
            _since = now;
        _lookedAt = now;
        Stands = delay >= Target && now - _since >= Interval;
        if (Stands && (_saidAt is not { } said || now - said > SayAgainAfter))
            Say(delay, now);
    }

    private void Say(TimeSpan delay, Instant now)
    {
        _saidAt = now;
        log.Warning(
            "more is captured than this copier gets done (packets wait {0:0.0} s for it): sessions that begin meanwhile are shed; give it more of the "
            + "processors, or a part of the sessions (tcpcopy.copier.sample)", delay.TotalSeconds);
    }
}
