using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>How soon the next reply of a flow is wanted.</summary>
public enum ExchangeHaste
{
    /// <summary>Nobody is in a hurry: the client thinks, or it has only just begun.</summary>
    None,

    /// <summary>The copier answers each reply as soon as it has it, so that every wait for company slows the session down.</summary>
    Quick,

    /// <summary>And the replica falls behind its client, with a target that is not what it waits for.</summary>
    Hurried,
}

/// <summary>
/// Tells from a flow's replies, and from what its copier says of it, how soon the next one is wanted. A long answer is an exchange of acknowledgements, too.
/// </summary>
public sealed class ExchangePace
{
    /// <summary>Replies further apart than this are no quick exchange.</summary>
    public static readonly TimeSpan QuickGap = TimeSpan.FromMilliseconds(12);

    /// <summary>So many replies on end, each within <see cref="QuickGap"/>, make one: more than a short connection has.</summary>
    public const int QuickStreak = 8;

    /// <summary>Behind a reply that took longer there is a target that takes its time: to look sooner gains next to nothing.</summary>
    public static readonly TimeSpan HurriedGap = TimeSpan.FromMilliseconds(2);

    /// <summary>How long a flow is believed to trail; its copier says so again meanwhile.</summary>
    public static readonly TimeSpan TrailsFor = TimeSpan.FromMilliseconds(200);

    private Instant _trailsUntil;
    private ExchangeHaste _haste;
    private int _streak;

    /// <summary>When there was a reply last; never before the first.</summary>
    public Instant LastAt { get; private set; } = Instant.Never;

    /// <summary>The copier says that the replica falls behind its client.</summary>
    public void Trail(Instant now) => _trailsUntil = now + TrailsFor;

    /// <summary>Notes a reply. Those found at one time count as one.</summary>
    public ExchangeHaste Note(Instant now)
    {
        if (now == LastAt)
            return _haste;
        var gap = LastAt == Instant.Never ? TimeSpan.MaxValue : now - LastAt;
        LastAt = now;
        _streak = gap <= QuickGap ? Math.Min(_streak + 1, QuickStreak) : 0;
        return _haste =
            _streak < QuickStreak ? ExchangeHaste.None
            : gap <= HurriedGap && now < _trailsUntil ? ExchangeHaste.Hurried
            : ExchangeHaste.Quick;
    }
}
