using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>Nothing has been seen of the client yet.</summary>
internal sealed class AwaitingSyn(SessionSettings settings, uint timestampOffset) : Phase
{
    public override SessionPhase Name => SessionPhase.AwaitingSyn;

    public override Phase OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        if (segment.Origin == SegmentOrigin.Online)
            return base.OnSegment(segment, now, output);
        if (!segment.Flags.Has(TcpFlags.Syn))
            return Joining.MidStream(settings, timestampOffset, segment, now, output);
        var history = new SessionHistory(settings, timestampOffset, segment.Sequence + 1, now);
        var replica = new Replica(history, segment.Sequence, segment.CapturedAt, now);
        return new Handshake(replica, now, output).OnSegment(segment, now, output);
    }

    public override Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => new Closed(outcome, default);
}
