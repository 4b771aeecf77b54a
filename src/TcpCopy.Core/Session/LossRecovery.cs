using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// What the target's acknowledgements say about loss: which bytes are due again, and how much may be in flight meanwhile. It sends nothing itself;
/// <see cref="Transmitter"/> asks it. NewReno (RFC 6582), guided by SACK (RFC 6675) where the target speaks it.
/// </summary>
internal struct LossRecovery
{
    private enum Kind : byte
    {
        None,

        /// <summary>Duplicate ACKs, or a probe, showed a loss: until <see cref="_recoverTo"/> is acknowledged.</summary>
        Fast,

        /// <summary>The RTO ran out: everything from the first unacknowledged byte on is sent again.</summary>
        Timeout,
    }

    private const int DuplicateThreshold = 3;

    private CongestionWindow _congestion;
    private CongestionWindow _congestionBeforeTimeout;
    private SackScoreboard _held;
    private SeqNumber _recoverTo;
    private SeqNumber _repeatedTo;
    private SeqNumber _sentAtRepeat;
    private SeqNumber _provenLostBefore;
    private Kind _kind;
    private bool _hasSack;
    private int _segmentSize;
    private byte _duplicates;

    public readonly bool IsUnderWay => _kind != Kind.None;

    /// <summary>Bytes; 0: no window is kept.</summary>
    public readonly int CongestionBytes => _congestion.IsEnabled ? _congestion.Bytes : 0;

    /// <summary>The scoreboard knows of holes that may be filled.</summary>
    private readonly bool HasHoles => _kind == Kind.Fast && !_held.IsEmpty;

    public static LossRecovery Start(SeqNumber first, int segmentSize, bool hasSack, bool hasCongestionWindow) => new()
    {
        _congestion = CongestionWindow.Start(segmentSize, hasCongestionWindow),
        _recoverTo = first,
        _provenLostBefore = first,
        _segmentSize = segmentSize,
        _hasSack = hasSack,
    };

    /// <summary>Takes in the SACK blocks of a packet of the target's; before anything else of it.</summary>
    /// <returns>True when they told something new.</returns>
    public bool Update(in ReplyHeader reply, SeqNumber highest) => _held.Update(reply, reply.Acknowledgement, highest);

    /// <summary>New bytes are acknowledged.</summary>
    /// <param name="advance">How many, in sequence space.</param>
    /// <param name="before">In flight before.</param>
    /// <param name="flight">As it is now.</param>
    /// <returns>True when the first unacknowledged segment is due again.</returns>
    public bool OnAdvance(int advance, int before, in Flight flight)
    {
        _held.ForgetBefore(flight.Acknowledged);
        _provenLostBefore = SeqNumber.Max(_provenLostBefore, flight.Acknowledged);
        _duplicates = 0;
        if (_kind == Kind.None)
        {
            _congestion.OnAcknowledged(advance, before);
            return false;
        }
        if (flight.Acknowledged >= _recoverTo)
        {
            if (_kind == Kind.Fast)
                _congestion.LeaveRecovery(flight.Outstanding, isInflated: !_hasSack);
            _kind = Kind.None;
            return false;
        }
        return _kind == Kind.Fast ? OnPartial(advance, flight) : OnAdvanceAfterTimeout(advance, before);
    }

    /// <summary>A duplicate ACK.</summary>
    /// <param name="toldNews">Its SACK blocks did.</param>
    /// <param name="flight">As it is.</param>
    /// <param name="probe">End of the tail-loss probe that is out, if one is.</param>
    /// <param name="hasMoreToSend">New data waits that only the congestion window may hold back.</param>
    /// <returns>True when the first unacknowledged segment is due again.</returns>
    public bool OnDuplicate(bool toldNews, in Flight flight, SeqNumber? probe, bool hasMoreToSend)
    {
        if (_kind == Kind.Fast)
            return OnDuplicateInRecovery(toldNews, flight);
        // RFC 6582 section 3.2 step 1: duplicates of what an earlier recovery sent again are no sign of new loss.
        if (_kind != Kind.None)
            return false;
        _duplicates++;
        if (IsTailHeld(flight, probe, hasMoreToSend))
            _provenLostBefore = _held.StartOf(_held.End - 1);
        if (_duplicates < DuplicateThreshold && LostBefore(flight) == flight.Acknowledged)
            return false;
        _kind = Kind.Fast;
        _recoverTo = flight.Highest;
        _repeatedTo = flight.Acknowledged;
        _congestion.EnterRecovery(flight.Outstanding, isInflated: !_hasSack);
        return true;
    }

    /// <summary>The RTO ran out; the first unacknowledged segment is due again, and without a congestion window only that.</summary>
    /// <returns>True when sending starts over there.</returns>
    public bool OnTimeout(in Flight flight)
    {
        _duplicates = 0;
        // A target may take back what it reported (RFC 2018 section 8): one that stays silent is sent everything again.
        if (_kind == Kind.Timeout)
            _held.Clear();
        else
            _congestionBeforeTimeout = _congestion;
        _congestion.OnTimeout(flight.Outstanding);
        _kind = Kind.Timeout;
        _recoverTo = flight.Highest;
        return _congestion.IsEnabled;
    }

    /// <summary>The RTO was too short: nothing was lost, and the window is what it was (RFC 4015 section 3).</summary>
    public void OnSpuriousTimeout() => (_congestion, _kind) = (_congestionBeforeTimeout, Kind.None);

    /// <summary>Nothing has been sent for longer than the RTO.</summary>
    public void OnIdle() => _congestion.Restart();

    /// <summary>A probe has filled the hole by itself: the loss that nobody else noticed halves the window all the same (RFC 8985 section 7.4.2).</summary>
    public void OnRepairedByProbe(int outstanding)
    {
        if (_kind != Kind.None)
            return;
        _congestion.EnterRecovery(outstanding, isInflated: false);
    }

    /// <summary>The first unacknowledged segment was sent again, up to <paramref name="end"/>.</summary>
    public void OnRepeatedFirst(SeqNumber end, SeqNumber highest)
    {
        _repeatedTo = SeqNumber.Max(_repeatedTo, end);
        _sentAtRepeat = highest;
    }

    /// <summary>The next hole that the scoreboard shows to be lost and the congestion window lets out (NextSeg of RFC 6675, rule 1).</summary>
    public readonly bool TryFindHole(in Flight flight, out SeqNumber at, out int length)
    {
        (at, length) = (flight.Acknowledged, 0);
        if (!HasHoles || Room(flight) < _segmentSize)
            return false;
        var lostBefore = LostBefore(flight);
        at = _held.Skip(SeqNumber.Max(_repeatedTo, flight.Acknowledged));
        length = at < lostBefore ? _held.NextHeld(at, lostBefore) - at : 0;
        return length > 0;
    }

    public void OnRepeatedHole(SeqNumber end) => _repeatedTo = end;

    /// <summary>Bytes that the congestion window still lets out.</summary>
    public readonly int Room(in Flight flight)
    {
        // RFC 3042: each of the first two duplicates says that a segment has arrived, and lets a new one out, for the duplicates that it brings.
        var limited = _kind == Kind.None ? Math.Min((int)_duplicates, DuplicateThreshold - 1) * _segmentSize : 0;
        return (int)Math.Min((long)_congestion.Bytes + limited, int.MaxValue) - InFlight(flight);
    }

    /// <summary>The first position at or behind <paramref name="position"/> that the target does not hold.</summary>
    public readonly SeqNumber SkipHeld(SeqNumber position) => _held.Skip(position);

    /// <summary>Where what the target holds goes on behind <paramref name="position"/>; <paramref name="end"/> when it does not before.</summary>
    public readonly SeqNumber NextHeld(SeqNumber position, SeqNumber end) => _held.NextHeld(position, end);

    private bool OnPartial(int advance, in Flight flight)
    {
        if (!_hasSack)
        {
            // RFC 6582: a partial acknowledgement points at the next hole.
            _congestion.Deflate(advance);
            return true;
        }
        _sentAtRepeat = flight.Highest;
        // A hole that a partial acknowledgement stops at was sent a round trip ago: lost, though a small window may never bring the three segments
        // behind it that the scoreboard asks for.
        return _repeatedTo <= flight.Acknowledged;
    }

    private bool OnAdvanceAfterTimeout(int advance, int before)
    {
        // Slow start walks through everything again; without congestion control hole after hole is filled instead. What an ACK covers then may have
        // arrived long ago: one segment of it counts (RFC 3465 section 2.3).
        _congestion.OnAcknowledged(Math.Min(advance, _segmentSize), before);
        return !_congestion.IsEnabled;
    }

    private bool OnDuplicateInRecovery(bool toldNews, in Flight flight)
    {
        if (!_hasSack)
        {
            _congestion.Inflate();
            return false;
        }
        // More than two segments that were sent behind the repetition have come, and the repetition has not: it was lost too, as RFC 8985 would find.
        return toldNews && _held.End - _sentAtRepeat > 2 * _segmentSize;
    }

    /// <summary>
    /// No more duplicates can come: the last segment sent has arrived, and none follows (RFC 5827); or it was a probe, sent so long after what lies before
    /// it that this is lost (RFC 8985 section 7.1).
    /// </summary>
    private readonly bool IsTailHeld(in Flight flight, SeqNumber? probe, bool hasMoreToSend) =>
        !_held.IsEmpty && ((!hasMoreToSend && _held.End == flight.Highest) || _held.End == probe);

    private readonly SeqNumber LostBefore(in Flight flight) =>
        SeqNumber.Max(_held.LostBefore(flight.Acknowledged, _segmentSize), _provenLostBefore);

    /// <summary>Bytes believed to be in the network (Pipe of RFC 6675): neither held by the target nor lost and not sent again.</summary>
    private readonly int InFlight(in Flight flight)
    {
        var bytes = flight.Next - flight.Acknowledged;
        if (_held.IsEmpty || _kind == Kind.None)
            return bytes;
        if (_kind == Kind.Timeout)
            return _held.HolesBetween(flight.Acknowledged, flight.Next);
        var lost = _held.HolesBetween(SeqNumber.Max(_repeatedTo, flight.Acknowledged), LostBefore(flight));
        return bytes - _held.Bytes - lost;
    }
}
