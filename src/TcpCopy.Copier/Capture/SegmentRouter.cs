using Akka.Actor;
using TcpCopy.Copier.Sessions;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Copier.Capture;

/// <summary>From a captured frame to its session's mailbox: decode, match a transfer, look the session up, tell. Loop thread only.</summary>
internal sealed class SegmentRouter(Shard shard, IActorRef supervisor)
{
    private readonly DecodeCounters _counters = new();
    private long _segments;

    /// <param name="kernel">What libpcap counted over all devices.</param>
    public CaptureFigures Read(CaptureStatistics kernel) => new(
        kernel, _segments, _counters[DecodeResult.Truncated], _counters[DecodeResult.Fragment], _counters[DecodeResult.Malformed],
        _counters[DecodeResult.NotTcp], shard.Unmatched);

    public void OnFrame(in CapturedFrame frame)
    {
        var result = FrameDecoder.Decode(frame, out var packet); // [2]
        _counters.Count(result);
        if (result != DecodeResult.Tcp)
            return;
        if (!TryOrient(packet, out var flow, out var origin)) // [3]
        {
            shard.CountUnmatched();
            return;
        }
        var segment = shard.Pool.Rent(packet, flow, origin);
        _segments++;
        // [4] What has no session, or replaces one, is the supervisor's: it alone opens sessions.
        if (!shard.Table.TryFind(flow, out var entry) || !entry.Takes(segment))
        {
            supervisor.Tell(segment, ActorRefs.NoSender);
            return;
        }
        if (segment.PayloadLength > 0 && shard.Memory.IsUsedUp)
            entry.Actor.Tell(ShedSession.Instance, ActorRefs.NoSender);
        entry.Actor.Tell(segment, ActorRefs.NoSender);
    }

    private bool TryOrient(in TcpPacket packet, out FlowKey flow, out SegmentOrigin origin)
    {
        if (shard.Transfers.TryFind(packet.Destination, out _))
        {
            (flow, origin) = (new FlowKey(packet.Source, packet.Destination), SegmentOrigin.Client);
            return true;
        }
        (flow, origin) = (new FlowKey(packet.Destination, packet.Source), SegmentOrigin.Online);
        return packet.Flags.HasFlag(TcpFlags.Syn | TcpFlags.Ack) && shard.Transfers.TryFind(packet.Source, out _);
    }
}
