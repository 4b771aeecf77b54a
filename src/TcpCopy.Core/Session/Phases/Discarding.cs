using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>
/// There is no replica any more, but the client may go on: what it still sends is counted as captured and lost, so that the sums hold, and
/// the outcome stands when it has ended. The target is answered with resets: ours may have been lost or have missed its window.
/// </summary>
internal sealed class Discarding : Phase
{
    /// <summary>
    /// Before a client that goes on may get another session: room that was made is to last for a while, and a target that resets is not to be asked each time.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly SessionHistory _history;
    private readonly RequestLog _requests;
    private readonly SessionOutcome _verdict;
    private readonly SegmentWriter _writer;
    private SessionTally _tally;
    private SeqNumber _capturedEnd;
    private bool _clientEnded;
    private bool _hasRested;
    private Instant _deadline;
    private Instant _restsUntil = Instant.Never;

    /// <param name="history">Of the session.</param>
    /// <param name="requests">Goes on counting.</param>
    /// <param name="writer">Answers the target.</param>
    /// <param name="verdict">Why there is no replica.</param>
    /// <param name="tally">What the last replica counted.</param>
    private Discarding(SessionHistory history, RequestLog requests, SegmentWriter writer, SessionOutcome verdict, in SessionTally tally)
    {
        _history = history;
        _requests = requests;
        _writer = writer;
        _verdict = verdict;
        _tally = tally;
    }

    public override SessionPhase Name => SessionPhase.Discarding;

    public override CapturedClient? Captured => _history.Client;

    public override SessionTally Correction => _clientEnded ? default : _requests.Correction;

    public override Instant Deadline => Instant.Min(_deadline, _restsUntil);

    public override SessionOutcome? Outcome => _clientEnded ? FinalOutcome : null;

    public override bool IsGivenUp => !_clientEnded && !_history.Settings.FullSessionsOnly
        && (_hasRested || _verdict is SessionOutcome.ReplyTimeout or SessionOutcome.NoSynAck or SessionOutcome.SendError);

    public override SessionTally Tally
    {
        get
        {
            var tally = _tally;
            tally.RequestsCaptured = _requests.Captured;
            tally.RequestsAcknowledged = _requests.Acknowledged;
            tally.RequestsAnswered = _requests.Answered;
            tally.SegmentsSent = _writer.SegmentsSent;
            return _history.Sum(tally);
        }
    }

    private SessionOutcome FinalOutcome => _history.Conclude(_verdict, Tally);

    /// <summary>Gives the replica up and resets it at the target.</summary>
    public static Discarding Reset(Replica replica, SessionOutcome verdict, Instant now, SessionOutput output)
    {
        replica.Reset(now, output);
        return Leave(replica, verdict, now);
    }

    /// <summary>The target has reset the replica.</summary>
    public static Discarding Leave(Replica replica, SessionOutcome verdict, Instant now) =>
        new Discarding(replica.History, replica.Requests, replica.Writer, verdict, replica.OwnTally).Begin(now);

    /// <summary>A session between two replicas gets no other; <paramref name="writer"/> has answered late packets of the last one.</summary>
    public static Discarding Leave(SessionHistory history, RequestLog requests, SegmentWriter writer, SessionOutcome verdict, Instant now) =>
        new Discarding(history, requests, writer, verdict, default).Begin(now);

    /// <summary>Ends the session on its owner's word, whatever the client does.</summary>
    public static Discarding Abort(Replica replica, SessionOutcome outcome, Instant now, SessionOutput output)
    {
        replica.Reset(now, output);
        var phase = Leave(replica, outcome, now);
        phase.EndClient(now);
        return phase;
    }

    public override Phase OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        // Once the outcome stands the sums are closed.
        return _clientEnded || segment.Origin == SegmentOrigin.Online ? base.OnSegment(segment, now, output) : Count(segment, now);
    }

    public override Phase OnReply(in ReplyHeader reply, Instant now, SessionOutput output)
    {
        if (reply.Flags.Has(TcpFlags.Ack) && !reply.Flags.Has(TcpFlags.Rst))
            _writer.WriteResetFor(reply, output);
        return this;
    }

    public override Phase OnWake(Instant now, SessionOutput output)
    {
        if (now >= _restsUntil)
            (_restsUntil, _hasRested) = (Instant.Never, true);
        if (now < _deadline)
            return this;
        if (_clientEnded)
            return Close();
        EndClient(now);
        return this;
    }

    public override Phase OnClientGone(Instant now, SessionOutput output)
    {
        EndClient(now);
        return this;
    }

    public override Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => Close();

    private Discarding Begin(Instant now)
    {
        var client = _history.Client;
        LoseHeld(client);
        _requests.CountOnly();
        _capturedEnd = client.Stream.End;
        client.Stream.ReleaseAll();
        if (_verdict is SessionOutcome.Shed or SessionOutcome.TargetReset or SessionOutcome.TargetClosedEarly)
            _restsUntil = now + Rest;
        if (client.End.Kind == ClientEndKind.Open)
            _deadline = client.LastSegmentAt + _history.Settings.IdleTimeout;
        else
            EndClient(now);
        return this;
    }

    /// <summary>Counts what no replica was given yet, holes included: nobody waits for them any more.</summary>
    private void LoseHeld(CapturedClient client)
    {
        LoseInOrder(client.Stream);
        while (client.HasGap)
        {
            client.Stream.ReleaseBefore(client.Stream.End);
            _requests.AppendLost(client.SeenBehindGap);
            client.SkipGap();
            LoseInOrder(client.Stream);
        }
    }

    private void LoseInOrder(ClientStream stream)
    {
        while (stream.TryAdvance(out var piece))
            _requests.AppendLost(piece.Seen);
    }

    private Discarding Count(Segment segment, Instant now)
    {
        var end = segment.Sequence + segment.PayloadLength + (segment.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        // A reset may name any position, and without data tells of no hole.
        if (end > _capturedEnd && (segment.PayloadLength > 0 || segment.Flags.Has(TcpFlags.Fin)))
        {
            // A hole counts with what lies behind it, whether it is filled later or not.
            _tally.BytesCaptured += end - _capturedEnd;
            _requests.AppendLost(segment.Seen);
            _capturedEnd = end;
        }
        if (segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            EndClient(now);
        else
            _deadline = now + _history.Settings.IdleTimeout;
        segment.Release();
        return this;
    }

    private void EndClient(Instant now)
    {
        _clientEnded = true;
        _restsUntil = Instant.Never;
        _deadline = now + _history.Settings.TimeWait;
    }

    private Closed Close() => new(FinalOutcome, Tally);
}
