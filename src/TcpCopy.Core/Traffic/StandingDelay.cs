using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// Tells an overload from a burst by how long captured packets wait: a burst's delay goes by itself, an overload's stands (RFC 8289 section 3 tells a good
/// queue from a bad one so, by the least delay within an interval).
/// </summary>
/// <param name="bridge">For how long the kernel keeps what is captured while nobody takes it. An overload is known before five eighths of it are used.</param>
public sealed class StandingDelay(TimeSpan bridge)
{
    private Instant _since;
    private TimeSpan _delaySince;
    private Instant? _lookedAt;

    /// <summary>What a packet may wait.</summary>
    public TimeSpan Target { get; } = bridge * 0.375;

    /// <summary>How long every packet has to wait longer than that.</summary>
    public TimeSpan Interval { get; } = bridge * 0.25;

    /// <summary>Whether more is captured than is got done.</summary>
    public bool Stands { get; private set; }

    /// <param name="capturedAt">Of the packet that has waited longest.</param>
    /// <param name="now">On the same clock.</param>
    public void Look(Instant capturedAt, Instant now)
    {
        var delay = now - capturedAt;
        // Who did not look for as long was halted, which is no overload. Nor is it one if the clock was set.
        var wasHalted = _lookedAt is not { } last || (now - last).Duration() > Interval;
        if (delay < Target || wasHalted)
            (_since, _delaySince) = (now, delay);
        _lookedAt = now;
        // Whoever catches up after a halt is late for long, but less and less.
        var isBehind = now - _since >= Interval && delay >= _delaySince;
        Stands = delay >= Target && (Stands || isBehind);
    }
}
