using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// The sending half: puts the client's stream on the wire within the target's window and the congestion window, and repeats what the target
/// does not acknowledge. Positions are the client's own sequence numbers.
/// </summary>
internal sealed class Transmitter(SessionSettings settings, ClientStream stream, SegmentWriter writer)
{
    private LossRecovery _recovery;
    private TailLossProbe _probe = TailLossProbe.None;
    private RetransmissionTimeout _timeout = new(settings.MinimumRto);
    private PeerWindow _window;
    private BurstLimit _burst;
    private ForwardRecovery _forward;
    private SeqNumber _next;
    private SeqNumber _highest;
    private SeqNumber _limit;
    private SeqNumber? _finAt;
    private SeqNumber? _timed;
    private Instant _timedAt;
    private Instant _lastSentAt;
    private Instant _startedAt;
    private Instant _timerAt = Instant.Never;
    private Instant _progressAt = Instant.Never;
    private int _maxPayload;
    private bool _isRepeatDue;
    private bool _isProbeDue;
    private bool _isProbingWindow;
    private bool _isBurstCut;
    private bool _isForwardDue;

    /// <summary>First position that the target has not acknowledged.</summary>
    public SeqNumber Acknowledged { get; private set; }

    /// <summary>Position behind everything ever sent.</summary>
    public SeqNumber Sent => _highest;

    /// <summary>
    /// Where a segment without data stands. Behind the end of its window the target discards it, acknowledgement and all (RFC 9293 section 3.10.7.4), and a
    /// probe of a shut window lies behind that end.
    /// </summary>
    public SeqNumber Acceptable => SeqNumber.Min(_highest, Acknowledged + _window.Bytes);

    /// <summary>When <see cref="Acknowledged"/> moved last, or the connection opened.</summary>
    public Instant AcknowledgedAt { get; private set; }

    public TimeSpan RoundTrip => _timeout.RoundTrip;

    /// <summary>How long silence lasts before what is unacknowledged is sent again.</summary>
    public TimeSpan RetransmissionTimeout => _timeout.Current;

    /// <summary>Bytes that the target takes beyond <see cref="Acknowledged"/>.</summary>
    public int TargetWindow => _window.Bytes;

    /// <summary>Bytes that may be in flight; 0 where nothing limits them.</summary>
    public int CongestionWindow => _recovery.CongestionBytes;

    /// <summary>The FIN is on its way or waits for its turn.</summary>
    public bool IsFinishing => _finAt is not null;

    public bool IsFinSent => _finAt is { } fin && _highest > fin;

    public bool IsFinAcknowledged => _finAt is { } fin && Acknowledged > fin;

    public Instant Deadline => _timerAt == Instant.Never
        ? Instant.Never
        : Instant.Min(Instant.Min(_timerAt, _probe.Deadline), Instant.Min(GiveUpAt, _isBurstCut ? _burst.Next : Instant.Never));

    private Instant GiveUpAt => _progressAt + settings.GiveUpAfter;

    private Flight Flight => new(Acknowledged, _next, _highest);

    private int WindowRoom => _window.Bytes - (_next - Acknowledged);

    private bool IsRoomForNext => WindowRoom >= Math.Min(_maxPayload, _limit - _next);

    /// <summary>What was cut to fit the window is repeated as it was cut, and not up to the end of its piece.</summary>
    private int RepeatLimit => _isProbingWindow ? 1 : Math.Max(_highest - Acknowledged, _window.Bytes);

    /// <summary>The handshake is through.</summary>
    /// <param name="first">Position of the client's first byte.</param>
    /// <param name="synAck">The target's.</param>
    /// <param name="roundTrip">From our SYN to it; null when nobody knows which SYN it answers.</param>
    /// <param name="now">The session's clock.</param>
    public void Start(SeqNumber first, in ReplyHeader synAck, TimeSpan? roundTrip, Instant now)
    {
        // RFC 9293 section 3.7.1: 536 where the option is missing; RFC 6691: the options of each segment come out of the MSS.
        var mss = synAck.Options.Mss == 0 ? 536 : synAck.Options.Mss;
        _maxPayload = Math.Max(1, Math.Min(mss, settings.MaxSegmentSize) - writer.OptionLength);
        _recovery = LossRecovery.Start(first, _maxPayload, writer.HasSack, settings.CongestionWindow);
        _window = PeerWindow.Start(synAck);
        Acknowledged = _next = _highest = _limit = first;
        AcknowledgedAt = _lastSentAt = _startedAt = now;
        if (roundTrip is { } sample)
            _timeout.AddSample(sample);
        else
            _timeout.OnSynRepeated();
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
        var outstanding = Flight.Outstanding;
        var windowChanged = _window.Update(reply);
        var toldNews = _recovery.Update(reply, _highest);
        var isBareDuplicate = advance == 0 && reply.Options.SackCount == 0 && reply.SequenceLength == 0 && !windowChanged;
        if (_probe.OnReply(reply, isBareDuplicate))
            _recovery.OnRepairedByProbe(outstanding);
        if (advance > 0)
            OnAdvance(reply, advance, now);
        // RFC 6675 section 2: an ACK with news of what arrived counts as a duplicate whatever else it carries; one that only reports what came twice
        // (RFC 2883) does not.
        else if (outstanding > 0 && !_isProbingWindow && (toldNews || isBareDuplicate))
            OnDuplicate(toldNews);
        FollowWindow(now);
        return advance;
    }

    /// <summary>Sends what may go: repetitions first, then new data before <paramref name="limit"/>, then the FIN.</summary>
    public void Send(SeqNumber limit, Instant now, SessionOutput output)
    {
        _limit = limit;
        if (_isProbeDue)
            SendProbe(now, output);
        if (_isRepeatDue)
            Repeat(now, output);
        if (_isForwardDue)
            SendForward(now, output);
        _isProbeDue = _isRepeatDue = _isForwardDue = false;
        while (!_burst.IsReached(now) && _recovery.TryFindHole(Flight, out var hole, out var length))
            _recovery.OnRepeatedHole(hole + SendData(hole, length, now, output));
        if (_next == Acknowledged && now - _lastSentAt > _timeout.Current)
            _recovery.OnIdle();
        while (_next < limit && !_burst.IsReached(now) && TrySendNext(now, output))
        {
        }
        _isBurstCut = _burst.IsReached(now);
        if (_finAt == _next)
            SendFin(now, output);
        Arm(now);
    }

    /// <summary>Call at <see cref="Deadline"/>, and <see cref="Send"/> afterwards.</summary>
    /// <returns>False when the target has been silent for too long.</returns>
    public bool OnWake(Instant now)
    {
        if (now < Deadline)
            return true;
        if (now >= GiveUpAt)
            return false;
        if (now >= _timerAt)
            OnTimeout();
        else if (now >= _probe.Deadline)
            _isProbeDue = true;
        return true;
    }

    private void OnAdvance(in ReplyHeader reply, int advance, Instant now)
    {
        MeasureRoundTrip(reply, now);
        _timeout.EndBackOff();
        if (_forward.OnAdvance(reply.Acknowledgement, hasNewData: _highest < _limit && _window.Bytes > _highest - reply.Acknowledgement))
            _recovery.OnSpuriousTimeout();
        var before = Flight.Outstanding;
        Acknowledged = reply.Acknowledgement;
        AcknowledgedAt = _progressAt = now;
        _next = SeqNumber.Max(_next, Acknowledged);
        _isForwardDue = _forward.IsUndecided;
        _isProbingWindow = false;
        _timerAt = Instant.Never;
        _isRepeatDue = _recovery.OnAdvance(advance, before, Flight);
        stream.ReleaseBefore(Acknowledged);
    }

    private void OnDuplicate(bool toldNews)
    {
        if (_forward.OnDuplicate())
            _next = Acknowledged;
        _isRepeatDue |= _recovery.OnDuplicate(toldNews, Flight, _probe.End, hasMoreToSend: _next < _limit && WindowRoom > 0);
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
        if (!_isProbingWindow)
            return;
        // The window is open again; what the probes carried was thrown away most likely.
        _isProbingWindow = false;
        _timeout.EndBackOff();
        _next = Acknowledged;
        _timerAt = Instant.Never;
    }

    private void OnTimeout()
    {
        _timeout.BackOff();
        _timerAt = Instant.Never;
        _timed = null;
        _isRepeatDue = true;
        _probe.Forget();
        if (_window.Bytes == 0)
            _isProbingWindow = true;
        else
            GoBack();
    }

    /// <summary><see cref="Repeat"/> sends the first segment again, and the rest follows as the window grows.</summary>
    private void GoBack()
    {
        var isFirst = !_recovery.IsUnderWay;
        if (!_recovery.OnTimeout(Flight))
            return;
        _next = Acknowledged;
        _forward.OnTimeout(isFirst, _highest);
    }

    private void Repeat(Instant now, SessionOutput output)
    {
        if (Acknowledged == stream.End)
        {
            if (_finAt is not null)
                SendFin(now, output);
            return;
        }
        var end = Acknowledged + SendData(Acknowledged, RepeatLimit, now, output);
        _next = SeqNumber.Max(_next, end);
        _recovery.OnRepeatedFirst(end, _highest);
    }

    /// <summary>RFC 5682 section 2.1 step 2: new segments, and those sent before only when these show that they are lost.</summary>
    private void SendForward(Instant now, SessionOutput output)
    {
        var back = _next;
        var sent = _next = _highest;
        for (var segment = 0; segment < ForwardRecovery.NewSegments && _next < _limit && IsRoomForNext; segment++)
            _next += SendData(_next, WindowRoom, now, output);
        if (_next == sent && _forward.OnDuplicate())
            _next = back;
    }

    /// <summary>RFC 8985 section 7.3: new data where there is any, whatever the congestion window; else the last segment again.</summary>
    private void SendProbe(Instant now, SessionOutput output)
    {
        var isRepetition = _next >= _limit || WindowRoom <= 0;
        if (!isRepetition)
            _next += SendData(_next, WindowRoom, now, output);
        else if (IsFinSent)
            SendFin(now, output);
        else
            SendLast(now, output);
        _probe.OnSent(_highest, isRepetition);
        StartTimer(now);
    }

    private void SendLast(Instant now, SessionOutput output)
    {
        var first = SeqNumber.Max(Acknowledged, _highest - _maxPayload);
        var from = SeqNumber.Max(first, stream.PieceAt(_highest - 1).Start);
        SendData(from, _highest - from, now, output);
    }

    private bool TrySendNext(Instant now, SessionOutput output)
    {
        if (SkipHeld())
            return _next < _limit;
        ref readonly var piece = ref stream.PieceAt(_next);
        var wanted = Math.Min(_maxPayload, Math.Min(piece.End - _next, _recovery.NextHeld(_next, _limit) - _next));
        var congestionRoom = _recovery.Room(Flight);
        if (Math.Min(WindowRoom, congestionRoom) >= wanted)
        {
            _next += SendData(_next, wanted, now, output);
            return true;
        }
        // RFC 9293 section 3.8.6.2.1: a piece of a segment goes out only when nothing is in flight, or it is half the largest window.
        var isWorthwhile = _next == Acknowledged || WindowRoom >= _window.Largest / 2;
        var room = Math.Min(WindowRoom, wanted);
        if (room <= 0 || !isWorthwhile || room > congestionRoom)
            return false;
        _next += SendData(_next, room, now, output);
        return true;
    }

    /// <summary>After the RTO: what the target reports to hold is not sent again.</summary>
    private bool SkipHeld()
    {
        var next = SeqNumber.Min(_recovery.SkipHeld(_next), _limit);
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
        _burst.OnSent(now);
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
            // What is echoed left then, also when it was a repetition.
            if (writer.AgeOf(reply.Options.TimestampEcho, now - _startedAt, now) is { } sample)
                _timeout.AddSample(sample, Flight.Outstanding / (2 * _maxPayload));
        }
        else if (_timed is { } timed && reply.Acknowledgement >= timed)
        {
            // Karn's rule (RFC 6298 section 3): only what was sent once is timed.
            _timeout.AddSample(now - _timedAt);
            _timed = null;
        }
    }

    private void Arm(Instant now)
    {
        // With nothing in flight and data left, only a shut window holds us: the same timer sends the probes.
        var isWaiting = _highest > Acknowledged || _next < _limit;
        if (!isWaiting)
            _timerAt = _progressAt = Instant.Never;
        else if (_timerAt == Instant.Never)
            StartTimer(now);
        ArmProbe();
    }

    private void StartTimer(Instant now)
    {
        _progressAt = Instant.Min(_progressAt, now);
        _timerAt = now + (_timeout.Current < settings.LongestWait ? _timeout.Current : settings.LongestWait);
    }

    private void ArmProbe()
    {
        var isWanted = _highest > Acknowledged && writer.HasSack && !_recovery.IsUnderWay && _window.Bytes > 0 && _timeout.RoundTrip > TimeSpan.Zero;
        if (isWanted)
            _probe.Arm(_timeout, Flight.Outstanding <= _maxPayload, Instant.Max(_lastSentAt, AcknowledgedAt));
        // A time-out that comes first needs no probe.
        if (!isWanted || _probe.Deadline >= _timerAt)
            _probe.Disarm();
    }
}
