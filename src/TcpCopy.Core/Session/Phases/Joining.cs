using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>
/// A client without a replica, which gets a fresh one where its next request begins: no SYN was seen, the capture missed bytes, or the target has
/// closed. A request begins at data that follows the data before without a hole and acknowledges more; of the first data seen, or behind a hole, that
/// cannot be known. What comes before is counted and lost: half a request is never sent.
/// </summary>
internal sealed class Joining : Phase
{
    private readonly SessionHistory _history;
    private readonly SessionOutcome _verdict;
    private readonly SegmentWriter _writer;
    private readonly RequestLog _requests;
    private long _bytesPassed;
    private bool _isContiguous;
    private Instant _deadline = Instant.Never;

    /// <param name="history">Of the session.</param>
    /// <param name="requests">Goes on counting: the last replica's last request may not have ended with it.</param>
    /// <param name="verdict">Why there is no replica.</param>
    private Joining(SessionHistory history, RequestLog requests, SessionOutcome verdict)
    {
        _history = history;
        _requests = requests;
        _verdict = verdict;
        _writer = new SegmentWriter(new ReplyTracker(history.Settings), history.TimestampOffset);
    }

    public override SessionPhase Name => SessionPhase.Joining;

    public override CapturedClient? Captured => Client;

    public override SessionTally Correction => _requests.Correction;

    public override Instant Deadline => _deadline;

    public override SessionTally Tally => _history.Sum(Own);

    private CapturedClient Client => _history.Client;

    private SessionTally Own => _requests.Tally with { SegmentsSent = _writer.SegmentsSent };

    private Instant GapDeadline => Client.GapSince == Instant.Never ? Instant.Never : Client.GapSince + _history.Settings.GapWait;

    private Instant IdleDeadline => Client.LastSegmentAt + _history.Settings.IdleTimeout;

    /// <summary>A session of which no SYN was seen; <paramref name="first"/> is the first segment seen of it.</summary>
    public static Phase MidStream(SessionSettings settings, uint timestampOffset, Segment first, Instant now, SessionOutput output)
    {
        var history = new SessionHistory(settings, timestampOffset, first.Sequence, now);
        return new Joining(history, new RequestLog(first.Sequence), SessionOutcome.MidStreamRefused).OnSegment(first, now, output);
    }

    /// <summary>Closes the replica: the bytes behind what the target has acknowledged are missing and are not waited for any longer.</summary>
    public static Phase AfterGap(Replica replica, Instant now, SessionOutput output)
    {
        replica.Reset(now, output);
        var phase = After(replica, SessionOutcome.CaptureGap);
        phase.SkipGap();
        return phase.Proceed(now, output);
    }

    /// <summary>
    /// The target has closed a replica whose client goes on: the first request behind what it has acknowledged begins a fresh one, and is waited for
    /// when the client has not sent it yet. The closed replica's own first request is not tried again: a target that closes every connection at once
    /// would be knocked at for ever.
    /// </summary>
    public static Phase AfterTargetClose(Replica replica, Instant now, SessionOutput output)
    {
        var (history, requests, acknowledged) = (replica.History, replica.Requests, replica.Transmitter.Acknowledged);
        if (replica.TryFindReopening(out var next))
        {
            history.WasCutShort |= next > acknowledged;
            requests.ForgetFrom(next);
            history.Close(replica.OwnTally with { Reopened = 1 });
            return Open(history, replica.Stream.PieceAt(next), now, output);
        }
        history.WasCutShort |= replica.Stream.End > acknowledged;
        replica.Stream.ReleaseBefore(replica.Stream.End);
        var phase = After(replica, SessionOutcome.TargetClosedEarly);
        phase._isContiguous = true;
        return phase.Proceed(now, output);
    }

    public override Phase OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        // A SYN is an earlier copy of the one that this session began with, or of a session of its own.
        if (segment.Origin == SegmentOrigin.Online || segment.Flags.Has(TcpFlags.Syn))
            return base.OnSegment(segment, now, output);
        Client.Take(segment, now);
        return Proceed(now, output);
    }

    public override Phase OnReply(in ReplyHeader reply, Instant now, SessionOutput output)
    {
        if (reply.Flags.Has(TcpFlags.Ack) && !reply.Flags.Has(TcpFlags.Rst))
            _writer.WriteResetFor(reply, output);
        return this;
    }

    public override Phase OnWake(Instant now, SessionOutput output)
    {
        if (now >= IdleDeadline)
            Client.EndForSilence(now);
        return Proceed(now, output);
    }

    public override Phase OnClientGone(Instant now, SessionOutput output)
    {
        Client.EndForSilence(now);
        return Proceed(now, output);
    }

    public override Phase Shed(Instant now, SessionOutput output) => Leave(SessionOutcome.Shed, now);

    public override Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => Leave(_verdict, now).Abort(outcome, now, output);

    private Phase Proceed(Instant now, SessionOutput output)
    {
        while (true)
        {
            while (Client.Stream.TryAdvance(out var piece))
            {
                if (IsStart(piece))
                    return Join(piece, now, output);
                Pass(piece);
            }
            Client.WatchGap(now);
            if (now < GapDeadline)
                break;
            SkipGap();
        }
        if (Client.End.Kind != ClientEndKind.Open && !Client.HasGap)
            return Leave(_verdict, now);
        if (BufferedBytes > _history.Settings.MaxBufferedBytes)
            return Leave(SessionOutcome.Shed, now);
        _deadline = Client.End.Kind == ClientEndKind.Open ? Instant.Min(GapDeadline, IdleDeadline) : GapDeadline;
        return this;
    }

    /// <summary>Whether a request is known to begin here. A piece from the middle of its segment was seen before in other company: that says nothing.</summary>
    private bool IsStart(in Piece piece) =>
        _isContiguous && piece.Offset == 0 && _requests.AnswerBefore(piece.Seen) > 0 && !_history.Settings.FullSessionsOnly;

    private void Pass(in Piece piece)
    {
        _requests.AppendLost(piece.Seen);
        _history.WasCutShort |= _verdict == SessionOutcome.TargetClosedEarly;
        _isContiguous = true;
        _bytesPassed += piece.Length;
        Client.Stream.ReleaseBefore(piece.End);
    }

    private void SkipGap()
    {
        // Before the first replica there is nothing that a hole could have interrupted.
        _history.HadGap |= _verdict != SessionOutcome.MidStreamRefused;
        _requests.AppendLost(Client.SeenBehindGap);
        var before = Client.Bytes;
        Client.SkipGap();
        _bytesPassed += Client.Bytes - before;
        _isContiguous = false;
    }

    private Phase Join(in Piece first, Instant now, SessionOutput output)
    {
        if (BufferedBytes > _history.Settings.MaxBufferedBytes)
        {
            _requests.AppendLost(first.Seen);
            return Leave(SessionOutcome.Shed, now);
        }
        if (_verdict == SessionOutcome.MidStreamRefused)
            _history.BytesBeforeJoin = _bytesPassed;
        _history.Close(_verdict == SessionOutcome.TargetClosedEarly ? Own with { Reopened = 1 } : Own with { Joined = 1 });
        return Open(_history, first, now, output);
    }

    /// <summary>A fresh replica from <paramref name="first"/> on; its SYN takes the place before, so that sequence numbers stay the client's.</summary>
    private static Handshake Open(SessionHistory history, in Piece first, Instant now, SessionOutput output)
    {
        history.Client.Stream.Rewind(first.Start);
        return new Handshake(new Replica(history, first.Start - 1, first.Source.CapturedAt, now), now, output);
    }

    /// <summary>The replica's figures are final but for its requests', which go on.</summary>
    private static Joining After(Replica replica, SessionOutcome verdict)
    {
        replica.History.Close(replica.OwnTally - replica.Requests.Tally);
        return new Joining(replica.History, replica.Requests, verdict);
    }

    private Discarding Leave(SessionOutcome verdict, Instant now) => Discarding.Leave(_history, _requests, _writer, verdict, now);
}
