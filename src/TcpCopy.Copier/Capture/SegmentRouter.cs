using Akka.Actor;
using TcpCopy.Copier.Sessions;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Comparison;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Copier.Capture;

/// <summary>From a captured frame to its session's mailbox: decode, match a transfer, look the session up, tell. Loop thread only.</summary>
internal sealed class SegmentRouter(Shard shard, IActorRef supervisor)
{
    private readonly DecodeCounters _counters = new();
    private long _segments;
    private long _unmatched;
    private long _beginnings;

    /// <summary>Payload bytes of all segments so far.</summary>
    public long Bytes { get; private set; }

    /// <param name="kernel">What libpcap counted over all devices.</param>
    public CaptureFigures Read(CaptureStatistics kernel) => new(
        kernel, _segments, _counters[DecodeResult.Truncated], _counters[DecodeResult.Fragment], _counters[DecodeResult.Malformed],
        _counters[DecodeResult.NotTcp], _unmatched + shard.Refused.Unmatched, MissedBeginnings(kernel));

    /// <summary>What the ring still holds is not missed: as long as nothing was dropped, nothing is.</summary>
    private long MissedBeginnings(CaptureStatistics kernel) => Math.Clamp(kernel.Counted - _beginnings, 0, kernel.Dropped);

    public void OnFrame(in CapturedFrame frame)
    {
        var result = FrameDecoder.Decode(frame, out var packet); // [2]
        // Of the online host's answers the headers are wanted: those are captured short.
        if (result == DecodeResult.Truncated && IsAnswer(packet))
            result = DecodeResult.Tcp;
        _counters.Count(result);
        if (result != DecodeResult.Tcp)
            return;
        if (!TryOrient(packet, out var flow, out var origin)) // [3]
        {
            _unmatched++;
            return;
        }
        if (origin == SegmentOrigin.Client && packet.Flags.Begins())
            _beginnings++;
        var hasSession = shard.Table.TryFind(flow, out var entry); // [4]
        if (origin == SegmentOrigin.Online && !packet.Flags.Has(TcpFlags.Syn))
        {
            OnAnswer(packet, flow, entry);
            return;
        }
        if (!hasSession && shard.PassesOver(flow.Client) is { } outcome)
        {
            PassOver(packet, flow, origin, outcome);
            return;
        }
        var segment = shard.Pool.Rent(packet, flow, origin);
        _segments++;
        Bytes += packet.PayloadLength;
        // What has no session, or replaces one, is the supervisor's: it alone opens sessions.
        if (!hasSession || !entry!.Takes(segment))
        {
            supervisor.Tell(segment, ActorRefs.NoSender);
            return;
        }
        if (segment.PayloadLength > 0 && shard.Memory.IsUsedUp && shard.Memory.TryAsk(entry))
            entry.Actor.Tell(ShedSession.Instance, ActorRefs.NoSender);
        entry.Actor.Tell(segment, ActorRefs.NoSender);
    }

    /// <summary>An answer without a session may be that of one that the supervisor is about to open: what was captured together comes together.</summary>
    private void OnAnswer(in TcpPacket packet, in FlowKey flow, SessionEntry? entry)
    {
        if (entry is null && shard.PassesOver(flow.Client) is not null)
            return;
        var receiver = entry is { IsSucceeded: false } ? entry.Actor : supervisor;
        if (shard.Comparison is not null && entry is not { IsSucceeded: true })
            Compare(packet, flow, receiver);
        if (packet.Flags.Has(TcpFlags.Rst))
            receiver.Tell(new OnlineReset(flow), ActorRefs.NoSender);
    }

    private void Compare(in TcpPacket packet, in FlowKey flow, IActorRef receiver)
    {
        var answer = shard.OnlineAnswers.Rent();
        (answer.Flow, answer.CapturedAt) = (flow, packet.CapturedAt);
        answer.Header = packet.ToReplyHeader();
        answer.Header.Trace.Status = StatusLine.Read(packet.Payload);
        receiver.Tell(answer, ActorRefs.NoSender);
    }

    private bool IsAnswer(in TcpPacket packet) => shard.Comparison is not null && shard.Transfers.TryFind(packet.Source, out _);

    /// <summary>What is passed over costs no copy and no message.</summary>
    private void PassOver(in TcpPacket packet, in FlowKey flow, SegmentOrigin origin, SessionOutcome outcome)
    {
        if (origin == SegmentOrigin.Client && RefusedFlows.IsBeginning(packet.Flags, packet.PayloadLength))
            shard.Refused.Refuse(flow, packet.Flags, packet.Sequence, outcome, shard.Loop.Now);
        else
            shard.Refused.PassOver(flow, packet.Flags);
    }

    private bool TryOrient(in TcpPacket packet, out FlowKey flow, out SegmentOrigin origin)
    {
        if (shard.Transfers.TryFind(packet.Destination, out _))
        {
            (flow, origin) = (new FlowKey(packet.Source, packet.Destination), SegmentOrigin.Client);
            return true;
        }
        (flow, origin) = (new FlowKey(packet.Destination, packet.Source), SegmentOrigin.Online);
        var isWanted = packet.Flags.HasFlag(TcpFlags.Syn | TcpFlags.Ack) || packet.Flags.Has(TcpFlags.Rst);
        return isWanted ? shard.Transfers.TryFind(packet.Source, out _) : IsAnswer(packet);
    }
}
