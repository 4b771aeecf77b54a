using TcpCopy.Copier.Figures;
using TcpCopy.Core.Session;

namespace TcpCopy.Copier.Sessions;

/// <summary>The books of a shard: every session seen, how each ended, and what they carried. Loop thread only.</summary>
internal sealed class SessionAccounts
{
    private readonly long[] _ended = new long[Enum.GetValues<SessionOutcome>().Length];
    private readonly LossCount[] _lost = new LossCount[Enum.GetValues<SessionOutcome>().Length];
    private SessionTally _sum;
    private LiveFigures _live;

    public long Seen { get; private set; }

    public long Ended { get; private set; }

    public long Live => Seen - Ended;

    public long EndedAs(SessionOutcome outcome) => _ended[(int)outcome];

    public void Begin() => Seen++;

    /// <summary>Replaces a live session's share.</summary>
    public void Update(SessionEntry entry, in LiveFigures share)
    {
        _live = _live - entry.Reported + share;
        entry.Reported = share;
    }

    /// <summary>Books a session's end: once a session. What is in the books of it as a live one goes out.</summary>
    public void End(SessionEntry entry, SessionOutcome outcome, in SessionTally tally)
    {
        Update(entry, default);
        End(outcome, tally);
    }

    /// <summary>Books the end of a session that never had a place among the live ones: once a session.</summary>
    public void End(SessionOutcome outcome, in SessionTally tally)
    {
        Ended++;
        _ended[(int)outcome]++;
        _lost[(int)outcome].Requests += tally.RequestsLost;
        _lost[(int)outcome].Bytes += tally.BytesLost;
        _sum += tally;
    }

    public SessionFigures Read() => new()
    {
        Seen = Seen,
        Live = Live,
        Ended = ByOutcome(outcome => _ended[(int)outcome]),
        LostRequests = ByOutcome(outcome => _lost[(int)outcome].Requests),
        LostBytes = ByOutcome(outcome => _lost[(int)outcome].Bytes),
        Sum = _sum,
        Carried = _live,
    };

    /// <summary>Outcomes that count something; the others are left out.</summary>
    private static Dictionary<SessionOutcome, long> ByOutcome(Func<SessionOutcome, long> count) =>
        Enum.GetValues<SessionOutcome>().Where(outcome => count(outcome) != 0).ToDictionary(outcome => outcome, count);

    private struct LossCount
    {
        public long Requests;
        public long Bytes;
    }
}
