using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Refuses a share of the packets given to another sender, as a kernel in trouble would, with EMSGSIZE, EPERM, ENOBUFS and EINVAL in turn:
/// to see that what stands above recovers. The same seed refuses the same packets.
/// </summary>
public sealed class FaultySender : IFrameSender
{
    private static readonly int[] ErrnosInTurn = [Errno.EMSGSIZE, Errno.EPERM, Errno.ENOBUFS, Errno.EINVAL];

    private readonly IFrameSender _inner;
    private readonly SendFailureHandler _onFailure;
    private readonly double _share;
    private readonly Random _random;
    private readonly Queue<(object? Tag, int Errno)> _failures = new();
    private int _turn;

    /// <param name="inner">Sends the others; disposed with this one. Its counters count the refused ones too.</param>
    /// <param name="share">0 to 1: how many of the packets are refused.</param>
    /// <param name="seed">Chooses which.</param>
    /// <param name="onFailure">Told of each refused packet at the next <see cref="Flush"/>.</param>
    public FaultySender(IFrameSender inner, double share, int seed, SendFailureHandler onFailure)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1.0);
        (_inner, _share, _onFailure, _random) = (inner, share, onFailure, new Random(seed));
    }

    public SendCounters Counters => _inner.Counters;

    public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag)
    {
        if (_random.NextDouble() >= _share)
        {
            _inner.Queue(replica, segment, tag);
            return;
        }
        var errno = ErrnosInTurn[_turn++ % ErrnosInTurn.Length];
        Counters.CountFailure(errno);
        _failures.Enqueue((tag, errno));
    }

    public void Flush()
    {
        _inner.Flush();
        while (_failures.TryDequeue(out var failure))
            _onFailure(failure.Tag, failure.Errno);
    }

    public void Dispose() => _inner.Dispose();
}
