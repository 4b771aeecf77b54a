using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// The sending half: puts the client's stream on the wire within the target's window and the congestion window, and repeats what the target
/// does not acknowledge. Positions are the client's own sequence numbers.
/// </summary>
internal sealed class Transmitter(SessionSettings settings, ClientStream stream, SegmentWriter writer)
{
    private enum Recovery : byte
    {
        None,

        /// <summary>Three duplicate ACKs: NewReno until <see cref="_recoverTo"/> is acknowledged.</summary>
        Fast,

        /// <summary>The RTO ran out: everything from the first unacknowledged byte on is sent again.</summary>
        Timeout,
    }

    private const int DuplicateThreshold = 3;

    private CongestionWindow _congestion;
    private RetransmissionTimeout _timeout = new(settings.MinimumRto);
    private PeerWindow _window;
    private SackScoreboard _held;
    private SeqNumber _repeatedTo;
    private SeqNumber _next;
    private SeqNumber _highest;
    private SeqNumber _recoverTo;
    private SeqNumber? _finAt;
    private SeqNumber? _timed;
    private Instant _timedAt;
    private Instant _lastSentAt;
    private Instant _startedAt;
    private Instant _timerAt = Instant.Never;
    private Instant _progressAt = Instant.Never;
    private Recovery _recovery;
    private int _maxPayload;
    private byte _duplicates;
    private bool _isRepeatDue;
    private bool _isProbing;

    /// <summary>First position that the target has not acknowledged.</summary>
    public SeqNumber Acknowledged { get; private set; }

    /// <summary>Position behind everything ever sent.</summary>
    public SeqNumber Sent => _highest;

    /// <summary>When <see cref="Acknowledged"/> moved last, or the connection opened.</summary>
    public Instant AcknowledgedAt { get; private set; }

    public TimeSpan RoundTrip => _timeout.RoundTrip;

    /// <summary>The FIN is on its way or waits for its turn.</summary>
    public bool IsFinishing => _finAt is not null;

    public bool IsFinSent => _finAt is { } fin && _highest > fin;

    public bool IsFinAcknowledged => _finAt is { } fin && Acknowledged > fin;

    public Instant Deadline => _timerAt == Instant.Never ? Instant.Never : Instant.Min(_timerAt, GiveUpAt);

    private Instant GiveUpAt => _progressAt + settings.GiveUpAfter;

    /// <summary>The handshake is through: <paramref name="first"/> is the position of the client's first byte.</summary>
    public void Start(SeqNumber first, in ReplyHeader synAck, TimeSpan? roundTrip, Instant now)
    {
        // RFC 9293 section 3.7.1: 536 where the option is missing; RFC 6691: the options of each segment come out of the MSS.
        var mss = synAck.Options.Mss == 0 ? 536 : synAck.Options.Mss;
        _maxPayload = Math.Max(1, Math.Min(mss, settings.MaxSegmentSize) - writer.OptionLength);
        _congestion = CongestionWindow.Start(_maxPayload, settings.CongestionWindow);
        _window = PeerWindow.Start(synAck);
        Acknowledged = _next = _highest = _recoverTo = first;
        AcknowledgedAt = _lastSentAt = _startedAt = now;
        if (roundTrip is { } sample)
            _timeout.AddSample(sample);
    }

    /// <summary>The client's FIN may go out, behind the stream's last byte.</summary>
    public void Finish() => _finAt ??= stream.End;

    /// <summary>Takes in the acknowledgement of a packet of the target's.</summary>
    /// <returns>How far <see cref="Acknowledged"/> moved, in sequence space.</returns>
    public int OnReply(in ReplyHeader reply, Instant now)
    {
        // An ACK beyond what was sent, or an old one, says nothing (RFC 9293 section 3.10.7.4).
        if (!reply.Flags.Has(TcpFlags.Ack) || reply.Acknowledgement > _highest || reply.Acknowledgement < Acknowledged)
            return 0;
        var advance = reply.Acknowledgement - Acknowledged;
        var inFlight = _highest - Acknowledged;
        var windowChanged = _window.Update(reply);
        var toldNews = _held.Update(reply, reply.Acknowledgement, _highest);
        if (advance > 0)
            OnAdvance(reply, advance, inFlight, now);
        // RFC 6675 section 2: an ACK with news of what arrived counts as a duplicate whatever else it carries.
        if (advance == 0 && inFlight > 0 && (toldNews || (reply.SequenceLength == 0 && !windowChanged)))
            OnDuplicate(inFlight);
        FollowWindow(now);
        return advance;
    }

    /// <summary>Sends what may go: repetitions first, then new data before <paramref name="limit"/>, then the FIN.</summary>
    public void Send(SeqNumber limit, Instant now, SessionOutput output)
    {
        if (_isRepeatDue)
            Repeat(now, output);
        _isRepeatDue = false;
        if (_recovery == Recovery.Fast)
            RepeatLost(now, output);
        if (_next == Acknowledged && now - _lastSentAt > _timeout.Current)
            _congestion.Restart();
        while (_next < limit && TrySendNext(limit, now, output))
        {
        }
        if (_finAt == _next)
            SendFin(now, output);
        Arm(limit, now);
    }

    /// <summary>Call at <see cref="Deadline"/>, and <see cref="Send"/> afterwards.</summary>
    /// <returns>False when the target has been silent for too long.</returns>
    public bool OnWake(Instant now)
    {
        if (now < Deadline)
            return true;
        if (now >= GiveUpAt)
            return false;
        OnTimeout();
        _timerAt = Instant.Never;
        return true;
    }

    private void OnAdvance(in ReplyHeader reply, int advance, int inFlight, Instant now)
    {
        MeasureRoundTrip(reply, now);
        _timeout.EndBackOff();
        Acknowledged = reply.Acknowledgement;
        AcknowledgedAt = _progressAt = now;
        _next = SeqNumber.Max(_next, Acknowledged);
        _held.ForgetBefore(Acknowledged);
        _duplicates = 0;
        _isProbing = false;
        _timerAt = Instant.Never;
        if (_recovery == Recovery.None)
            _congestion.OnAcknowledged(advance, inFlight);
        else
            Recover(advance, inFlight);
        stream.ReleaseBefore(Acknowledged);
    }

    private void Recover(int advance, int inFlight)
    {
        if (Acknowledged >= _recoverTo)
        {
            if (_recovery == Recovery.Fast)
                _congestion.LeaveRecovery(_highest - Acknowledged);
            _recovery = Recovery.None;
        }
        else if (_recovery == Recovery.Fast && writer.HasSack)
        {
            // A hole that a partial acknowledgement stops at was sent a round trip ago: lost, though a small window may never bring the
            // three segments behind it that the scoreboard asks for.
            _isRepeatDue = _repeatedTo <= Acknowledged;
        }
        else if (_recovery == Recovery.Fast)
        {
            // RFC 6582: a partial acknowledgement points at the next hole.
            _congestion.Deflate(advance);
            _isRepeatDue = true;
        }
        else
        {
            // After the RTO slow start walks through everything again; without congestion control hole after hole is filled instead. What an
            // ACK covers then may have arrived long ago: one segment of it counts (RFC 3465 section 2.3).
            _congestion.OnAcknowledged(Math.Min(advance, _maxPayload), inFlight);
            _isRepeatDue = !_congestion.IsEnabled;
        }
    }

    private void OnDuplicate(int inFlight)
    {
        if (_recovery == Recovery.Fast)
        {
            if (!writer.HasSack)
                _congestion.Inflate();
            return;
        }
        // RFC 6582 section 3.2 step 1: duplicates of what an earlier recovery sent again are no sign of new loss.
        if (_recovery != Recovery.None)
            return;
        var isLost = _held.LostBefore(Acknowledged, _maxPayload) > Acknowledged;
        if (++_duplicates < DuplicateThreshold && !isLost)
            return;
        _recovery = Recovery.Fast;
        _recoverTo = _highest;
        _repeatedTo = Acknowledged;
        _congestion.EnterRecovery(inFlight, isInflated: !writer.HasSack);
        _isRepeatDue = true;
    }

    private void FollowWindow(Instant now)
    {
        if (_window.Bytes == 0)
        {
            // RFC 9293 section 3.8.6.1: a target that keeps answering probes is alive, however long its window stays shut.
            _progressAt = now;
            return;
        }
        if (_highest == Acknowledged)
            _timerAt = Instant.Never;
        if (!_isProbing)
            return;
        // The window is open again; what the probes carried was thrown away most likely.
        _isProbing = false;
        _timeout.EndBackOff();
        _next = Acknowledged;
        _timerAt = Instant.Never;
    }

    private void OnTimeout()
    {
        _timeout.BackOff();
        _timed = null;
        _duplicates = 0;
        _isRepeatDue = true;
        if (_window.Bytes == 0)
        {
            _isProbing = true;
            return;
        }
        // A target may take back what it reported (RFC 2018 section 8): one that stays silent is sent everything again.
        if (_recovery == Recovery.Timeout)
            _held.Clear();
        _congestion.OnTimeout(_highest - Acknowledged);
        _recovery = Recovery.Timeout;
        _recoverTo = _highest;
        // Go back: Repeat sends the first segment again and the rest follows as the window grows.
        if (_congestion.IsEnabled)
            _next = Acknowledged;
    }

    private void Repeat(Instant now, SessionOutput output)
    {
        if (Acknowledged == stream.End)
        {
            if (_finAt is not null)
                SendFin(now, output);
            return;
        }
        var length = SendData(Acknowledged, _isProbing ? 1 : int.MaxValue, now, output);
        _next = SeqNumber.Max(_next, Acknowledged + length);
        _repeatedTo = SeqNumber.Max(_repeatedTo, Acknowledged + length);
    }

    /// <summary>Sends the holes that the scoreboard shows again, as the congestion window allows (NextSeg of RFC 6675, rule 1).</summary>
    private void RepeatLost(Instant now, SessionOutput output)
    {
        if (_held.IsEmpty)
            return;
        var lostBefore = _held.LostBefore(Acknowledged, _maxPayload);
        while (true)
        {
            var hole = _held.Skip(SeqNumber.Max(_repeatedTo, Acknowledged));
            if (hole >= lostBefore || InFlight() + _maxPayload > _congestion.Bytes)
                return;
            _repeatedTo = hole + SendData(hole, _held.NextHeld(hole, lostBefore) - hole, now, output);
        }
    }

    /// <summary>Bytes believed to be in the network (Pipe of RFC 6675): neither held by the target nor lost and not sent again.</summary>
    private int InFlight()
    {
        var bytes = _next - Acknowledged;
        if (_held.IsEmpty || _recovery == Recovery.None)
            return bytes;
        if (_recovery == Recovery.Timeout)
            return _held.HolesBetween(Acknowledged, _next);
        var lost = _held.HolesBetween(SeqNumber.Max(_repeatedTo, Acknowledged), _held.LostBefore(Acknowledged, _maxPayload));
        return bytes - _held.Bytes - lost;
    }

    private bool TrySendNext(SeqNumber limit, Instant now, SessionOutput output)
    {
        if (SkipHeld(limit))
            return _next < limit;
        ref readonly var piece = ref stream.PieceAt(_next);
        var wanted = Math.Min(_maxPayload, Math.Min(piece.End - _next, _held.NextHeld(_next, limit) - _next));
        var inFlight = _next - Acknowledged;
        var windowRoom = _window.Bytes - inFlight;
        var congestionRoom = _congestion.Bytes - InFlight();
        if (Math.Min(windowRoom, congestionRoom) >= wanted)
        {
            _next += SendData(_next, wanted, now, output);
            return true;
        }
        // RFC 9293 section 3.8.6.2.1: a piece of a segment goes out only when nothing is in flight, or it is half the largest window.
        var isWorthwhile = inFlight == 0 || windowRoom >= _window.Largest / 2;
        var room = Math.Min(windowRoom, wanted);
        if (room <= 0 || !isWorthwhile || room > congestionRoom)
            return false;
        _next += SendData(_next, room, now, output);
        return true;
    }

    /// <summary>After the RTO: what the target reports to hold is not sent again.</summary>
    private bool SkipHeld(SeqNumber limit)
    {
        var next = SeqNumber.Min(_held.Skip(_next), limit);
        if (next == _next)
            return false;
        _next = next;
        return true;
    }

    private int SendData(SeqNumber position, int limit, Instant now, SessionOutput output)
    {
        ref readonly var piece = ref stream.PieceAt(position);
        var length = Math.Min(Math.Min(_maxPayload, limit), piece.End - position);
        var isRepeated = position < _highest;
        writer.WriteData(piece, position, length, now, isRepeated, output);
        NoteSent(position + length, isRepeated, now);
        return length;
    }

    private void SendFin(Instant now, SessionOutput output)
    {
        var isRepeated = IsFinSent;
        writer.WriteFin(stream.End, now, isRepeated, output);
        _next = stream.End + 1;
        NoteSent(_next, isRepeated, now);
    }

    private void NoteSent(SeqNumber end, bool isRepeated, Instant now)
    {
        _lastSentAt = now;
        _highest = SeqNumber.Max(_highest, end);
        if (isRepeated)
            _timed = null;
        else if (_timed is null)
            (_timed, _timedAt) = (end, now);
    }

    private void MeasureRoundTrip(in ReplyHeader reply, Instant now)
    {
        if (writer.HasTimestamps && reply.Options.HasTimestamps)
        {
            // RFC 7323 section 4.1: what is echoed left then, also when it was a repetition.
            var milliseconds = unchecked((int)(writer.TimestampAt(now) - reply.Options.TimestampEcho));
            // An echo older than the connection is not one of ours.
            if (milliseconds >= 0 && milliseconds <= (now - _startedAt).TotalMilliseconds + 1)
                _timeout.AddSample(TimeSpan.FromMilliseconds(milliseconds));
        }
        else if (_timed is { } timed && reply.Acknowledgement >= timed)
        {
            // Karn's rule (RFC 6298 section 3): only what was sent once is timed.
            _timeout.AddSample(now - _timedAt);
            _timed = null;
        }
    }

    private void Arm(SeqNumber limit, Instant now)
    {
        // With nothing in flight and data left, only a shut window holds us: the same timer sends the probes.
        var isWaiting = _highest > Acknowledged || _next < limit;
        if (!isWaiting)
            _timerAt = _progressAt = Instant.Never;
        else if (_timerAt == Instant.Never)
            StartTimer(now);
    }

    private void StartTimer(Instant now)
    {
        _progressAt = Instant.Min(_progressAt, now);
        var wait = _timeout.Current;
        // Probes that grew as rare as the give-up time could not show that the target is alive.
        if (_window.Bytes == 0 && wait > settings.GiveUpAfter / 4)
            wait = settings.GiveUpAfter / 4;
        _timerAt = now + wait;
    }
}
