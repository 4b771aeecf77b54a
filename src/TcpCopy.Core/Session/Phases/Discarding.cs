using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>
/// There is no replica (any more), but the client may go on: what it still sends is counted as captured and lost, so that the sums hold, and
/// the outcome stands when it has ended. The target is answered with resets: ours may have been lost or have missed its window.
/// </summary>
internal sealed class Discarding : Phase
{
    private readonly SessionSettings _settings;
    private readonly RequestLog _requests;
    private readonly SessionOutcome _verdict;
    private readonly SegmentWriter? _writer;
    private SessionTally _tally;
    private SeqNumber _capturedEnd;
    private bool _clientEnded;
    private Instant _deadline;

    private Discarding(SessionSettings settings, RequestLog requests, SegmentWriter? writer, SessionOutcome verdict, SeqNumber capturedEnd)
    {
        _settings = settings;
        _requests = requests;
        _writer = writer;
        _verdict = verdict;
        _capturedEnd = capturedEnd;
    }

    public override Instant Deadline => _deadline;

    public override SessionOutcome? Outcome => _clientEnded ? FinalOutcome : null;

    public override bool IsDelivered => _tally.BytesLost == 0;

    public override SessionTally Tally
    {
        get
        {
            var tally = _tally;
            tally.RequestsCaptured = _requests.Captured;
            tally.RequestsAcknowledged = _requests.Acknowledged;
            tally.RequestsAnswered = _requests.Answered;
            tally.SegmentsSent = _writer?.SegmentsSent ?? 0;
            return tally;
        }
    }

    /// <summary>A target that closed before a client that had nothing more to say did no harm.</summary>
    private SessionOutcome FinalOutcome =>
        _verdict == SessionOutcome.TargetClosedEarly && _tally.BytesLost == 0 ? SessionOutcome.Replayed : _verdict;

    /// <summary>A session that gets no replica; <paramref name="first"/> is the first segment seen of it.</summary>
    public static Discarding Refuse(SessionSettings settings, SessionOutcome verdict, Segment first, Instant now)
    {
        var requests = new RequestLog(first.Sequence);
        var phase = new Discarding(settings, requests, writer: null, verdict, first.Sequence);
        return phase.Count(first, now);
    }

    /// <summary>Gives the replica up and resets it at the target.</summary>
    public static Discarding Reset(Replica replica, SessionOutcome verdict, Instant now, SessionOutput output)
    {
        replica.Reset(now, output);
        return Leave(replica, verdict, now);
    }

    /// <summary>The target has reset the replica.</summary>
    public static Discarding Leave(Replica replica, SessionOutcome verdict, Instant now)
    {
        var phase = new Discarding(replica.Settings, replica.Requests, replica.Writer, verdict, replica.Stream.End)
        {
            _tally = replica.Tally,
        };
        replica.Stream.ReleaseAll();
        if (replica.ClientEnd.Kind == ClientEndKind.Open)
            phase._deadline = replica.IdleDeadline;
        else
            phase.EndClient(now);
        return phase;
    }

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
            _writer?.WriteResetFor(reply, output);
        return this;
    }

    public override Phase OnWake(Instant now, SessionOutput output)
    {
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

    private Discarding Count(Segment segment, Instant now)
    {
        var end = segment.Sequence + segment.PayloadLength + (segment.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        var from = SeqNumber.Max(_capturedEnd, end - segment.PayloadLength);
        if (from < end)
        {
            _tally.BytesCaptured += end - from;
            _requests.Append(segment, from, end);
            _capturedEnd = end;
        }
        if (segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            EndClient(now);
        else
            _deadline = now + _settings.IdleTimeout;
        segment.Release();
        return this;
    }

    private void EndClient(Instant now)
    {
        _clientEnded = true;
        _deadline = now + _settings.TimeWait;
    }

    private Closed Close() => new(FinalOutcome, Tally, IsDelivered);
}
