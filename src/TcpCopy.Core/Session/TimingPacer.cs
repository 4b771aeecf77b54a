using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>Every captured segment as long after the replica's first one as it was captured after it.</summary>
internal sealed class TimingPacer(ClientStream stream) : Pacer
{
    private Instant _firstSeenAt;
    private Instant _firstCapturedAt;
    private SeqNumber _limit;

    public override void OnBegin(SeqNumber first, Instant capturedAt, Instant now)
    {
        _firstSeenAt = now;
        _firstCapturedAt = capturedAt;
        _limit = first;
    }

    public override SeqNumber Limit(in TargetProgress target, Instant now)
    {
        Deadline = Instant.Never;
        while (_limit < stream.End)
        {
            ref readonly var piece = ref stream.PieceAt(_limit);
            if (!IsDue(piece.Source.CapturedAt, now))
                break;
            _limit = piece.End;
        }
        return _limit;
    }

    public override bool MayEnd(in ClientEnd end, in TargetProgress target, Instant now) => IsDue(end.CapturedAt, now);

    private bool IsDue(Instant capturedAt, Instant now)
    {
        var due = _firstSeenAt + (capturedAt - _firstCapturedAt);
        if (now >= due)
            return true;
        Deadline = due;
        return false;
    }
}
