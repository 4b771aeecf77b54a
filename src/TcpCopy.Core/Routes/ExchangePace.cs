using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>
/// Tells a flow whose copier answers each reply as soon as it has it, so that every wait for company slows the session down, from one where nobody is in
/// a hurry: its client thinks, or it has only just begun. A long answer is an exchange of acknowledgements, too.
/// </summary>
public sealed class ExchangePace
{
    /// <summary>Replies further apart than this are no quick exchange.</summary>
    public static readonly TimeSpan QuickGap = TimeSpan.FromMilliseconds(12);

    /// <summary>So many replies on end, each within <see cref="QuickGap"/>, make one: more than a short connection has.</summary>
    public const int QuickStreak = 8;

    private Instant _lastAt = Instant.Never;
    private int _streak;

    /// <summary>Notes a reply. Those found at one time count as one.</summary>
    /// <returns>Whether the flow is in a quick exchange.</returns>
    public bool Note(Instant now)
    {
        if (now == _lastAt)
            return _streak >= QuickStreak;
        var isNear = _lastAt != Instant.Never && now - _lastAt <= QuickGap;
        _streak = isNear ? Math.Min(_streak + 1, QuickStreak) : 0;
        _lastAt = now;
        return _streak >= QuickStreak;
    }
}
