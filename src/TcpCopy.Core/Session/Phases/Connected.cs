using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>The replica is open towards the target, up to the last FIN's acknowledgement.</summary>
internal sealed class Connected(Replica replica) : Phase
{
    private bool _targetClosedFirst;
    private Instant _deadline = Instant.Never;

    public override SessionPhase Name => SessionPhase.Connected;

    public override Replica? Replica => replica;

    public override Instant Deadline => _deadline;

    private bool MayReopen => replica.Settings.ReopenOnTargetClose && !replica.Settings.FullSessionsOnly;

    /// <summary>
    /// The target has closed, has everything so far, and the next request waits: it was answered online. The rest of a request goes to the closed
    /// replica, for a server may close one half only.
    /// </summary>
    private bool IsReopenDue =>
        replica.Replies.IsFinished && MayReopen && replica.Transmitter.Sent == replica.Transmitter.Acknowledged
        && replica.TryFindReopening(out var next) && next == replica.Transmitter.Acknowledged;

    /// <summary>When a target that has acknowledged our FIN, and keeps its own back, is given up.</summary>
    private Instant LastFinDeadline => replica.Transmitter.IsFinAcknowledged
        ? Instant.Max(replica.Transmitter.AcknowledgedAt, replica.Replies.LastBytesAt) + replica.Settings.GiveUpAfter
        : Instant.Never;

    public override Phase OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        replica.Take(segment, now);
        return BufferedBytes > replica.Settings.MaxBufferedBytes ? Shed(now, output) : Proceed(now, output);
    }

    public override Phase OnReply(in ReplyHeader reply, Instant now, SessionOutput output)
    {
        switch (replica.Replies.Judge(reply, now))
        {
            case ReplyVerdict.Ignore:
                return this;
            case ReplyVerdict.Reset:
                replica.AcceptAcknowledgement(reply, now);
                return OnReset(OutcomeOfTargetReset(), now, output);
            case ReplyVerdict.Answer:
                replica.Writer.WriteAck(replica.Transmitter.Acceptable, now, output);
                return this;
            default:
                replica.Accept(reply, now);
                return Proceed(now, output);
        }
    }

    public override Phase OnWake(Instant now, SessionOutput output)
    {
        if (!replica.Transmitter.OnWake(now))
            return Discarding.Reset(replica, OutcomeOfSilence(), now, output);
        // Everything of the client's was acknowledged, its FIN too. A target that never closes is no fault of the replay.
        if (now >= LastFinDeadline)
            return Discarding.Reset(replica, SessionOutcome.Replayed, now, output);
        if (now >= replica.IdleDeadline)
            replica.Client.EndForSilence(now);
        replica.Replies.OnWake(now);
        return Proceed(now, output);
    }

    public override Phase OnClientGone(Instant now, SessionOutput output)
    {
        replica.Client.EndForSilence(now);
        return Proceed(now, output);
    }

    public override Phase Shed(Instant now, SessionOutput output) => Discarding.Reset(replica, SessionOutcome.Shed, now, output);

    public override Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => Discarding.Abort(replica, outcome, now, output);

    /// <summary>Sends what may go now.</summary>
    public Phase Proceed(Instant now, SessionOutput output)
    {
        if (now >= replica.GapDeadline)
            return Joining.AfterGap(replica, now, output);
        if (IsReopenDue)
        {
            // A reset, not a FIN: the target must forget the connection at once, for the next one has the same ports.
            replica.Reset(now, output);
            return Joining.AfterTargetClose(replica, now, output);
        }
        var transmitter = replica.Transmitter;
        var replies = replica.Replies;
        if (replies.IsDuplicateAckDue)
            replica.Writer.WriteAck(transmitter.Acceptable, now, output);
        var progress = replica.Progress();
        var limit = replica.Pacer.Limit(progress, now);
        if (IsEndDue(limit, progress, now))
        {
            if (replica.ClientEnd.Kind == ClientEndKind.Reset)
                return Discarding.Reset(replica, SessionOutcome.Replayed, now, output);
            _targetClosedFirst = replies.IsFinished;
            transmitter.Finish();
        }
        // No data of ours goes out before more of the answer comes, and a sender with Nagle's algorithm holds that back for our ACK.
        if (replica.Pacer.IsAwaitingAnswer)
            replies.HurryAck(now);
        transmitter.Send(limit, now, output);
        if (replies.IsAckDue)
            replica.Writer.WriteAck(transmitter.Acceptable, now, output);
        if (transmitter.IsFinAcknowledged && replies.IsFinished)
            return Finish(now);
        _deadline = NextDeadline();
        return this;
    }

    private Phase OnReset(SessionOutcome outcome, Instant now, SessionOutput output) => outcome == SessionOutcome.TargetClosedEarly && MayReopen
        ? Joining.AfterTargetClose(replica, now, output)
        : Discarding.Leave(replica, outcome, now);

    private bool IsEndDue(SeqNumber limit, in TargetProgress progress, Instant now)
    {
        var end = replica.ClientEnd;
        var isPending = end.Kind == ClientEndKind.Reset || (end.Kind == ClientEndKind.Fin && !replica.Transmitter.IsFinishing);
        return isPending && limit == replica.Stream.End && replica.IsAllAcknowledged && replica.Pacer.MayEnd(end, progress, now);
    }

    private Phase Finish(Instant now)
    {
        replica.Stream.ReleaseAll();
        // A target that closed first waits for the ACK of its FIN in LAST-ACK and has had it; only the first to close lingers (RFC 9293 3.3.2).
        return _targetClosedFirst
            ? new Closed(replica.History.Conclude(SessionOutcome.Replayed, replica.Tally), replica.Tally)
            : new TimeWait(replica, now);
    }

    private SessionOutcome OutcomeOfTargetReset()
    {
        // Our FIN was out, so both sides were done: the target closed by reset instead of FIN.
        if (replica.Transmitter.IsFinSent)
            return SessionOutcome.Replayed;
        if (replica.ClientEnd.Kind == ClientEndKind.Reset && replica.IsAllAcknowledged)
            return SessionOutcome.Replayed;
        return replica.Replies.IsFinished ? SessionOutcome.TargetClosedEarly : SessionOutcome.TargetReset;
    }

    private SessionOutcome OutcomeOfSilence()
    {
        // Only our FIN is unanswered: a target that closed first may have forgotten the connection.
        if (replica.Transmitter.IsFinSent && replica.Replies.IsFinished)
            return SessionOutcome.Replayed;
        return replica.Replies.IsFinished ? SessionOutcome.TargetClosedEarly : SessionOutcome.ReplyTimeout;
    }

    private Instant NextDeadline()
    {
        var deadline = Instant.Min(replica.Transmitter.Deadline, replica.Replies.AckDeadline);
        deadline = Instant.Min(deadline, replica.Pacer.Deadline);
        deadline = Instant.Min(deadline, replica.GapDeadline);
        deadline = Instant.Min(deadline, LastFinDeadline);
        return replica.ClientEnd.Kind == ClientEndKind.Open ? Instant.Min(deadline, replica.IdleDeadline) : deadline;
    }
}
