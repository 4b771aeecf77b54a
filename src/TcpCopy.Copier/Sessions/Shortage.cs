using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// Something of which sessions that begin find none. It is told once when it begins, and once when none has met it for a while: at its edge it comes and goes
/// with each session that ends, and a log of that would hide all else.
/// </summary>
internal sealed class Shortage
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    private long _met;
    private Instant _lastAt;

    /// <summary>A session met it.</summary>
    /// <returns>Whether it is to be told.</returns>
    public bool Meet(Instant now)
    {
        _lastAt = now;
        return _met++ == 0;
    }

    /// <summary>A session found what it needs.</summary>
    /// <returns>How many met the shortage that is to be told to be over; null: nothing is to be told.</returns>
    public long? Pass(Instant now)
    {
        if (_met == 0 || now - _lastAt < Calm)
            return null;
        var met = _met;
        _met = 0;
        return met;
    }
}
