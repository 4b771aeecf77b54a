using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>What was captured of the client: its stream, its end, and the holes that the capture left. It outlives replicas.</summary>
internal sealed class CapturedClient(SeqNumber start, Instant now)
{
    private SeqNumber _gapAt;
    private Instant _lastCapturedAt;
    private bool _isBehind;

    public ClientStream Stream { get; } = new(start);

    public ClientEnd End { get; private set; }

    public Instant LastSegmentAt { get; private set; } = now;

    /// <summary>Bytes captured, each position once, and those given up behind the capture's holes.</summary>
    public long Bytes { get; private set; }

    public bool HasGap => Stream.HasGap || (End.Kind != ClientEndKind.Open && End.At > Stream.End);

    /// <summary>Since when the first hole has not been filled, not even in part; never when there is none.</summary>
    public Instant GapSince { get; private set; } = Instant.Never;

    /// <summary>The online host's position that what lies behind the first hole had acknowledged; null when it acknowledged nothing.</summary>
    public SeqNumber? SeenBehindGap => Stream.HasGap ? Stream.FirstHeld.Seen : End.Seen;

    /// <summary>How long the oldest byte that is held has been here, from its capture on; zero when none is.</summary>
    public TimeSpan HeldFor(Instant now) =>
        Stream.OldestCapturedAt is { } captured ? now - LastSegmentAt + (_lastCapturedAt - captured) : TimeSpan.Zero;

    /// <summary>Takes over a client's segment; the owner advances the stream and calls <see cref="WatchGap"/> afterwards.</summary>
    public void Take(Segment segment, Instant now)
    {
        LastSegmentAt = now;
        _lastCapturedAt = segment.CapturedAt;
        NoteEnd(segment);
        Bytes += Stream.Add(segment, End.Kind == ClientEndKind.Fin ? End.At : null);
    }

    /// <summary>The client is gone without a word: close as if it had.</summary>
    public void EndForSilence(Instant now)
    {
        if (End.Kind == ClientEndKind.Open)
            End = new ClientEnd(ClientEndKind.Fin, Stream.End, now, Seen: null);
    }

    /// <summary>Looks, once the stream has advanced as far as it can, whether a hole is there and since when.</summary>
    public void WatchGap(Instant now)
    {
        if (!HasGap)
            GapSince = Instant.Never;
        else if (GapSince == Instant.Never || _gapAt != Stream.End)
            (_gapAt, GapSince) = (Stream.End, _isBehind ? Instant.Min(now, CapturedBehindGap()) : now);
        _isBehind = false;
    }

    /// <summary>
    /// Gives the bytes of the first hole up: they count as captured, and whoever asks counts them as lost. Nothing may be held before the hole.
    /// </summary>
    public void SkipGap()
    {
        var to = Stream.HasGap ? Stream.FirstHeld.Start : End.At;
        Bytes += to - Stream.End;
        Stream.SkipTo(to);
        GapSince = Instant.Never;
        _isBehind = true;
    }

    /// <summary>The next hole has waited as long as what lies behind it is held: a client that repeats one hole and not the other is rare.</summary>
    private Instant CapturedBehindGap()
    {
        var captured = Stream.HasGap ? Stream.FirstHeld.Source.CapturedAt : End.CapturedAt;
        return LastSegmentAt + (captured - _lastCapturedAt);
    }

    private void NoteEnd(Segment segment)
    {
        if (!segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            return;
        var isReset = segment.Flags.Has(TcpFlags.Rst);
        // A reset overtakes a FIN that came before; a repeated FIN changes nothing.
        if (End.Kind == ClientEndKind.Reset || (End.Kind == ClientEndKind.Fin && !isReset))
            return;
        var end = segment.Sequence + segment.PayloadLength + (segment.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        // A reset may name any position: an older one that it answers, or one behind bytes that nobody received. What came is what counts.
        var at = isReset ? Stream.End : end;
        End = new ClientEnd(isReset ? ClientEndKind.Reset : ClientEndKind.Fin, at, segment.CapturedAt, segment.Seen);
    }
}
