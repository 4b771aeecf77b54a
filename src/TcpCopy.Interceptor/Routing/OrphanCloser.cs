using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Interceptor.Routing;

/// <summary>
/// Closes at the target what a copier left that is gone: resets in the replicas' name, sent from this host. The target believes a reset at the very position
/// that it waits for alone (RFC 5961 section 3.2), which its last reply told. What it still says to a replica is answered as by a host that does not know
/// the connection (RFC 9293 section 3.5.2, group 1), and so is its question whether a reset at another position was meant. Used from one thread.
/// </summary>
/// <param name="sender">Disposed with this; null: nothing is sent.</param>
internal sealed class OrphanCloser(IFrameSender? sender) : IDisposable
{
    /// <summary>How long replies to what was closed are still answered: until the target has sent again what it believes lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<FlowKey, Closed> _closed = [];
    private Instant _lastUntil;

    /// <summary>Replicas that were reset.</summary>
    public long Resets { get; private set; }

    public void Close(Route<CopierLink> route, Instant now)
    {
        if (now > _lastUntil)
            _closed.Clear();
        _lastUntil = now + Patience;
        _closed[route.Replica] = new Closed(_lastUntil, HasGreeted: false);
        // Before its first reply there is no connection at the target, or its SYN-ACK is on its way here.
        if (route.Acknowledged is not { } position)
            return;
        Resets++;
        Send(route.Replica, position);
    }

    /// <summary>The replica belongs to a copier again.</summary>
    public void Release(in FlowKey replica)
    {
        if (_closed.Count > 0)
            _closed.Remove(replica);
    }

    /// <summary>Answers a reply to a replica that was closed. False: it is not one of those.</summary>
    public bool TryAnswer(in FlowKey replica, in ReplyHeader reply, Instant now)
    {
        if (_closed.Count == 0 || !_closed.TryGetValue(replica, out var closed))
            return false;
        if (now > closed.Until)
        {
            _closed.Remove(replica);
            return false;
        }
        // A copier may open the same connection anew, and its registration mostly comes behind the SYN-ACK. One that the target repeats is nobody's.
        if (reply.Flags.Has(TcpFlags.Syn) && !closed.HasGreeted)
        {
            _closed[replica] = closed with { HasGreeted = true };
            return false;
        }
        if (reply.Flags.Has(TcpFlags.Ack) && !reply.Flags.Has(TcpFlags.Rst))
            Send(replica, reply.Acknowledgement);
        return true;
    }

    public void Flush() => sender?.Flush();

    public void Dispose() => sender?.Dispose();

    private void Send(in FlowKey replica, SeqNumber position) =>
        sender?.Queue(replica, new OutgoingSegment { Sequence = position, Flags = TcpFlags.Rst }, tag: null);

    /// <param name="Until">When it is forgotten.</param>
    /// <param name="HasGreeted">There was a SYN-ACK since.</param>
    private readonly record struct Closed(Instant Until, bool HasGreeted);
}
