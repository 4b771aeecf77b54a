using TcpCopy.Core.Session;
using TcpCopy.Packets.Buffers;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// How much memory the sessions of a shard may take. Production comes first: when it runs short new sessions are shed whole, and when it is used up the
/// sessions that ask for more.
/// </summary>
/// <param name="pool">Where their payload is leased.</param>
/// <param name="sessions">Those that are live.</param>
/// <param name="bytes">For all of them together.</param>
internal sealed class MemoryBudget(SegmentPool pool, SessionTable sessions, long bytes)
{
    /// <summary>What a session takes that holds no payload: actor, engine, its places in the tables.</summary>
    public const int SessionBytes = 4096;

    private readonly HashSet<SessionEntry> _asked = [];

    public long Bytes => bytes;

    public long Used => pool.LeasedBytes + (long)sessions.All.Count * SessionBytes;

    /// <summary>A quarter is left for the sessions that there are.</summary>
    public bool IsTight => Used > bytes / 4 * 3;

    /// <summary>What has been asked back already is as good as there.</summary>
    public bool IsUsedUp => Used > bytes && Used - _asked.Count * (Used / sessions.All.Count) > bytes;

    /// <summary>
    /// Asks a session for what it holds, which is taken for what they hold on average. It answers when its turn comes, behind everything that was captured
    /// together: without a note of it all those packets' sessions would be shed where one is enough.
    /// </summary>
    /// <returns>False: it was asked already, holds nothing, or has not begun and gives nothing back before.</returns>
    public bool TryAsk(SessionEntry session) => session is { IsAnnounced: true, Session.Phase: not SessionPhase.Discarding } && _asked.Add(session);

    /// <summary>It has given back what it held.</summary>
    public void OnGivenBack(SessionEntry session) => _asked.Remove(session);
}
