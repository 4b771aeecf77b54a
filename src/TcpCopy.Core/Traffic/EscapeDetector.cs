using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>What shows that replies do not come to where they are taken out of the network.</summary>
public enum EscapeSign
{
    None,

    /// <summary>Real clients reset connections that only replicas can have: the target's answers reached them.</summary>
    ClientReset,

    /// <summary>One replica after another is opened, and nothing comes back at all.</summary>
    Silence,
}

/// <summary>
/// Whether replicas may be opened. It stops that when replies escape, and lets a single one through now and then: the first one that is answered, of those
/// opened since, shows that all is well again. Replicas that are open already are not its concern.
/// </summary>
public sealed class EscapeDetector
{
    /// <summary>Resets that lie further apart are single accidents: a client may by chance have used a replica's port.</summary>
    public static readonly TimeSpan ResetWindow = TimeSpan.FromSeconds(10);

    private readonly EscapeSettings _settings;

    /// <summary>The latest resets, in a ring as long as the number that is too many.</summary>
    private readonly Instant[] _resets;

    private int _resetCount;
    private int _silent;
    private Instant _silentSince;
    private Instant _stoppedAt;
    private Instant _nextProbe;

    public EscapeDetector(EscapeSettings settings)
    {
        _settings = settings;
        _resets = new Instant[settings.ClientResets];
    }

    /// <summary>Why no replicas are opened; <see cref="EscapeSign.None"/> while they are.</summary>
    public EscapeSign Stopped { get; private set; }

    /// <summary>Whether a replica may be opened now; while stopped, one at a probe's time. To be asked for one that is opened then.</summary>
    public bool MayOpen(Instant now)
    {
        if (Stopped == EscapeSign.None)
            return true;
        if (now < _nextProbe)
            return false;
        _nextProbe = now + _settings.ProbeInterval;
        return true;
    }

    /// <summary>A replica's first SYN goes out.</summary>
    /// <returns>True when it is the one too many that nothing answers.</returns>
    public bool OnOpened(Instant now)
    {
        if (Stopped != EscapeSign.None || _settings.SilentReplicas == 0)
            return false;
        if (_silent++ == 0)
            _silentSince = now;
        return _silent > _settings.SilentReplicas && now - _silentSince >= _settings.Silence && Stop(EscapeSign.Silence, now);
    }

    /// <summary>The first reply to a replica has come.</summary>
    /// <param name="opened">
    /// When the replica was opened: an older one's reply says nothing about the way as it is now, nor does one to what was there before it was opened (never).
    /// </param>
    /// <returns>True when replicas are opened again from now on.</returns>
    public bool OnAnswered(Instant opened)
    {
        _silent = 0;
        return Stopped != EscapeSign.None && opened > _stoppedAt && opened != Instant.Never && Resume();
    }

    /// <summary>A real client has reset a replica.</summary>
    /// <returns>True when it is the one too many.</returns>
    public bool OnClientReset(Instant now)
    {
        if (Stopped != EscapeSign.None || _resets.Length == 0)
            return false;
        var place = _resetCount++ % _resets.Length;
        _resets[place] = now;
        var oldest = _resets[(place + 1) % _resets.Length];
        return _resetCount >= _resets.Length && now - oldest <= ResetWindow && Stop(EscapeSign.ClientReset, now);
    }

    /// <summary>Somebody who knows better says that all is well: as if a probe had been answered. What still escapes is noticed anew.</summary>
    /// <returns>True when replicas are opened again from now on.</returns>
    public bool Resume()
    {
        var wasStopped = Stopped != EscapeSign.None;
        Stopped = EscapeSign.None;
        _resetCount = _silent = 0;
        return wasStopped;
    }

    /// <summary>A reply has come to whichever replica, or there was nobody to bring replies back: silence until now means nothing.</summary>
    public void ForgetSilence() => _silent = 0;

    private bool Stop(EscapeSign sign, Instant now)
    {
        Stopped = sign;
        _silent = 0;
        _stoppedAt = now;
        _nextProbe = now + _settings.ProbeInterval;
        return true;
    }
}
