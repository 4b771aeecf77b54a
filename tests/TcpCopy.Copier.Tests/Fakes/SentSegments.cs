using System.Collections.Concurrent;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Copier.Tests.Fakes;

/// <summary>One segment that reached the sender.</summary>
internal sealed record Sent(FlowKey Replica, TcpFlags Flags, SeqNumber Sequence, SeqNumber Acknowledgement, string Payload);

/// <summary>A sender that keeps what it is given, and can fail on a replica of the test's choice.</summary>
internal sealed class SentSegments : IFrameSender
{
    public BlockingCollection<Sent> Segments { get; } = [];

    public SendCounters Counters { get; } = new();

    /// <summary>Queueing a payload for this replica throws: an error inside its session's actor.</summary>
    public FlowKey? Poisoned { get; set; }

    public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag)
    {
        if (replica == Poisoned && segment.Length > 0)
            throw new InvalidOperationException("planted in " + replica);
        Segments.Add(new Sent(
            replica, segment.Flags, segment.Sequence, segment.Acknowledgement, System.Text.Encoding.ASCII.GetString(segment.Payload)));
    }

    public void Flush()
    {
        // Nothing is batched.
    }

    public void Dispose()
    {
        // Read after the shard has gone.
    }
}
