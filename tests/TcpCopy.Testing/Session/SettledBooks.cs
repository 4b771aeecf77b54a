using TcpCopy.Core.Session;

namespace TcpCopy.Testing.Session;

/// <summary>Looks at a session's books again and again: what is settled must never run back, or counters made of it would.</summary>
public sealed class SettledBooks
{
    private SessionTally _before;

    /// <summary>Null, or which figure ran back or contradicts another.</summary>
    public string? Check(ReplaySession session)
    {
        var (tally, correction) = (session.Tally, session.Correction);
        var settled = tally + correction;
        var change = settled - _before;
        _before = settled;
        if (correction is not ({ RequestsAcknowledged: 0 or -1 } and { RequestsAnswered: 0 or -1 }))
            return $"{correction.RequestsAcknowledged} requests and {correction.RequestsAnswered} answers may be taken back";
        if (tally.RequestsLost < 0 || tally.BytesLost < 0 || tally.RequestsAnswered > tally.RequestsAcknowledged)
            return $"of {tally.RequestsCaptured} requests {tally.RequestsAcknowledged} are acknowledged and {tally.RequestsAnswered} answered";
        foreach (var (name, by) in ChangesOf(change))
        {
            if (by < 0)
                return $"the settled {name} ran back by {-by}";
        }
        return null;
    }

    private static IEnumerable<(string Name, long By)> ChangesOf(SessionTally change) =>
    [
        ("requests captured", change.RequestsCaptured),
        ("requests acknowledged", change.RequestsAcknowledged),
        ("requests answered", change.RequestsAnswered),
        ("bytes captured", change.BytesCaptured),
        ("bytes acknowledged", change.BytesAcknowledged),
        ("reply bytes", change.ReplyBytes),
        ("segments", change.SegmentsSent),
        ("retransmissions", change.Retransmissions),
        ("expired waits", change.ReplyWaitsExpired),
        ("joined replicas", change.Joined),
        ("reopened replicas", change.Reopened),
    ];
}
