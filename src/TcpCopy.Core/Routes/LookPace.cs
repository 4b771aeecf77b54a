using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>
/// Tells when the tap is looked at. A look wakes its thread, and the message that follows both nodes' remoting: what nobody waits for comes together. And it
/// comes soon: some milliseconds after the last of it a processor has emptied its caches and sleeps, and whoever is woken then takes twice the time for the
/// same work.
/// </summary>
/// <param name="haste">What the replies' sessions want.</param>
/// <param name="isHeld">The tap's frames are no copies: whoever sent them waits for the look.</param>
public sealed class LookPace(HasteGauge haste, bool isHeld)
{
    /// <summary>For how long the first reply after a rest waits for others: what the copier sends in one turn is answered within.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);

    /// <summary>From one look to the next where replies come all the time.</summary>
    public static readonly TimeSpan Steady = TimeSpan.FromMilliseconds(8);

    /// <summary>In a quick exchange.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromMicroseconds(500);

    /// <summary>In a quick exchange, too, when so many replies were found at once: the next look will find as many.</summary>
    public static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(1);

    /// <summary>For a flow in a hurry where more than <see cref="FewFlows"/> have replies: those share a message. A few do not wait for one another.</summary>
    public static readonly TimeSpan Hurried = TimeSpan.FromMicroseconds(250);

    /// <summary>
    /// When no look has found a reply for so long, what comes then is a burst. More than <see cref="Steady"/>: of what comes now and then, too, most is found
    /// together.
    /// </summary>
    public static readonly TimeSpan Lull = TimeSpan.FromMilliseconds(12);

    /// <summary>
    /// So many looks gather a burst's replies: a short connection has three (handshake, answer, end), and the kernel may hand the capture in two parts. When
    /// it goes on, replies come all the time.
    /// </summary>
    public const int BurstLooks = 8;

    private const int BusyLook = 32;

    private const int FewFlows = 4;

    private Instant _lastFound;
    private int _looks;
    private bool _rests = true;

    /// <summary>Something waits at the tap, or the look that was due is. Returns how long the look waits for more; null: it does not.</summary>
    public TimeSpan? BeforeLook(Instant now)
    {
        if (!_rests)
            return null;
        _rests = false;
        if (now - _lastFound >= Lull)
            _looks = 0;
        return isHeld || haste.IsAnyAwaited(now) ? null : Gathering;
    }

    /// <summary>After a look that found all there was. Returns when the next one is due; null: as soon as something waits.</summary>
    /// <param name="found">Replies that it found.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? AfterLook(int found, Instant now)
    {
        var wait = found == 0 ? null : WaitAfter(found, now);
        _rests = wait is null;
        return wait;
    }

    private TimeSpan? WaitAfter(int found, Instant now)
    {
        _lastFound = now;
        _looks = Math.Min(_looks + 1, BurstLooks);
        return haste.At(now) switch
        {
            ExchangeHaste.Hurried => haste.Flows <= FewFlows ? null : Hurried,
            ExchangeHaste.None when !isHeld => _looks < BurstLooks ? Gathering : Steady,
            _ => found < BusyLook ? Quick : Busy,
        };
    }
}
