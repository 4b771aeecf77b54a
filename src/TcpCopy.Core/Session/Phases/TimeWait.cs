using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>Both sides have closed. Our ACK of the target's FIN may be lost: a repeated FIN is answered for a short while.</summary>
internal sealed class TimeWait(Replica replica, Instant now) : Phase
{
    private readonly Instant _endsAt = now + replica.Settings.TimeWait;
    private readonly SessionOutcome _outcome = replica.History.Conclude(SessionOutcome.Replayed, replica.Tally);

    public override SessionPhase Name => SessionPhase.TimeWait;

    public override Replica? Replica => replica;

    public override SessionTally Correction => default;

    public override Instant Deadline => _endsAt;

    public override SessionOutcome? Outcome => _outcome;

    public override Phase OnReply(in ReplyHeader reply, Instant now, SessionOutput output)
    {
        var verdict = replica.Replies.Judge(reply, now);
        if (verdict == ReplyVerdict.Reset)
            return Close();
        if (verdict == ReplyVerdict.Answer || (verdict == ReplyVerdict.Take && reply.SequenceLength > 0))
            replica.Writer.WriteAck(replica.Transmitter.Acceptable, now, output);
        return this;
    }

    public override Phase OnWake(Instant now, SessionOutput output) => now >= _endsAt ? Close() : this;

    public override Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => Close();

    private Closed Close() => new(_outcome, replica.Tally);
}
