using TcpCopy.Core.Session;

namespace TcpCopy.Copier.Sessions;

/// <summary>The books of a shard: every session seen, how each ended, and what they carried. Loop thread only.</summary>
internal sealed class SessionAccounts
{
    private readonly long[] _ended = new long[Enum.GetValues<SessionOutcome>().Length];
    private readonly LossCount[] _lost = new LossCount[Enum.GetValues<SessionOutcome>().Length];
    private SessionTally _sum;

    public long Seen { get; private set; }

    public long Ended { get; private set; }

    public long Live => Seen - Ended;

    public void Begin() => Seen++;

    /// <summary>Books a session's end: once a session.</summary>
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
