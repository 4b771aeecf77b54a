using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// How much leaves at once. Acknowledgements come in batches, and each batch lets out as much as it covers: thousands of segments back to back overflow the
/// queues on their way, which hold a thousand or two, and what the target says meanwhile waits until all of them are sent. So a longer burst goes on a
/// little later, behind the replies that have come by then.
/// </summary>
internal struct BurstLimit
{
    /// <summary>A quarter of what a device's backlog holds on Linux (<c>net.core.netdev_max_backlog</c>).</summary>
    private const int Segments = 256;

    /// <summary>At 1,448 bytes a segment these are 3 Gbit/s.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    private Instant _begunAt;
    private int _sent;

    /// <summary>When the rest may go.</summary>
    public readonly Instant Next => _begunAt + Interval;

    /// <summary>No more may leave now.</summary>
    public readonly bool IsReached(Instant now) => _sent >= Segments && now < Next;

    public void OnSent(Instant now)
    {
        if (_sent == 0 || now >= Next)
            (_begunAt, _sent) = (now, 0);
        _sent++;
    }
}
