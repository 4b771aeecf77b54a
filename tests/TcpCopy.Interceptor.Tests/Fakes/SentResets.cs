using TcpCopy.Core.Wire;
using TcpCopy.Packets.Sending;
using Xunit;

namespace TcpCopy.Interceptor.Tests.Fakes;

/// <summary>A sender that notes the resets it is given; an interceptor sends nothing else.</summary>
internal sealed class SentResets : IFrameSender
{
    private readonly List<(FlowKey Replica, uint Position)> _resets = [];

    public IReadOnlyList<(FlowKey Replica, uint Position)> Resets
    {
        get
        {
            lock (_resets)
                return [.. _resets];
        }
    }

    public SendCounters Counters { get; } = new();

    public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag)
    {
        Assert.Equal(TcpFlags.Rst, segment.Flags);
        lock (_resets)
            _resets.Add((replica, segment.Sequence.Value));
    }

    public void Flush()
    {
        // Nothing is batched.
    }

    public void Dispose()
    {
        // Read afterwards.
    }
}
