using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>How soon replies are wanted, and of how many flows there are any.</summary>
public sealed class HasteGauge
{
    /// <summary>A flow's reply counts for so long: other flows' may be all that is found next, and the one that is waited for comes soon after.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(2);

    private Instant _quickUntil;
    private Instant _hurriedUntil;
    private Instant _awaitedUntil;
    private Instant _windowBegan;
    private int _flows;
    private int _flowsBefore;

    /// <summary>Flows of which there was a reply in this window, or in the one before if those were more.</summary>
    public int Flows => Math.Max(_flows, _flowsBefore);

    /// <summary>What the most pressing of the flows wants.</summary>
    public ExchangeHaste At(Instant now) =>
        now < _hurriedUntil ? ExchangeHaste.Hurried : now < _quickUntil ? ExchangeHaste.Quick : ExchangeHaste.None;

    /// <summary>Whether the next reply may be one that a session waits for: of a quick exchange, or of a replica that falls behind.</summary>
    public bool IsAnyAwaited(Instant now) => now < _awaitedUntil;

    /// <summary>The copier says that the replica of the flow that has this pace falls behind.</summary>
    public void Trail(ExchangePace pace, Instant now)
    {
        pace.Trail(now);
        _awaitedUntil = Instant.Max(_awaitedUntil, now + ExchangePace.TrailsFor);
    }

    /// <summary>Notes a reply of the flow that has this pace.</summary>
    public void Note(ExchangePace pace, Instant now)
    {
        if (now - _windowBegan >= Window)
            (_flowsBefore, _flows, _windowBegan) = (now - _windowBegan < 2 * Window ? _flows : 0, 0, now);
        if (pace.LastAt is var last && (last < _windowBegan || last == Instant.Never))
            _flows++;
        var haste = pace.Note(now);
        if (haste != ExchangeHaste.None)
        {
            _quickUntil = now + Window;
            _awaitedUntil = Instant.Max(_awaitedUntil, now + ExchangePace.QuickGap);
        }
        if (haste == ExchangeHaste.Hurried)
            _hurriedUntil = now + Window;
    }
}
