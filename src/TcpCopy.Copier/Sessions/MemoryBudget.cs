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

    public long Bytes => bytes;

    public long Used => pool.LeasedBytes + (long)sessions.All.Count * SessionBytes;

    /// <summary>A quarter is left for the sessions that there are.</summary>
    public bool IsTight => Used > bytes / 4 * 3;

    public bool IsUsedUp => Used > bytes;
}
