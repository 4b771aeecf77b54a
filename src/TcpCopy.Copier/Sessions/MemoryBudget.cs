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

    /// <summary>Sessions that were asked for what they hold, and what each is still expected to give back.</summary>
    private readonly Dictionary<SessionEntry, long> _asked = [];

    private long _expected;

    public long Bytes => bytes;

    public long Used => pool.LeasedBytes + (long)sessions.All.Count * SessionBytes;

    /// <summary>A quarter is left for the sessions that there are.</summary>
    public bool IsTight => Used > bytes / 4 * 3;

    /// <summary>What has been asked back already is as good as there.</summary>
    public bool IsUsedUp => Used - _expected > bytes;

    /// <summary>
    /// Asks a session for what it holds. It answers when its turn comes, behind everything that was captured together: without a note of it all those packets'
    /// sessions would be shed where one is enough.
    /// </summary>
    /// <returns>False: it was asked already, or holds nothing.</returns>
    public bool TryAsk(SessionEntry session)
    {
        if (session.Session?.Phase == SessionPhase.Discarding)
            return false;
        // What was captured just now it does not know of: of that it has as much as others.
        var expected = Math.Max(session.Session?.BufferedBytes ?? 0, Used / Math.Max(1, sessions.All.Count));
        if (!_asked.TryAdd(session, expected))
            return false;
        _expected += expected;
        return true;
    }

    /// <summary>It has given back what it held, and takes nothing any more.</summary>
    public void OnGivenBack(SessionEntry session)
    {
        if (_asked.TryGetValue(session, out var expected))
            (_expected, _asked[session]) = (_expected - expected, 0);
    }

    /// <summary>The session is over.</summary>
    public void Forget(SessionEntry session)
    {
        OnGivenBack(session);
        _asked.Remove(session);
    }
}
