using TcpCopy.Core.Wire;
using TcpCopy.Packets.Sending;
using TcpCopy.Packets.Tests.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Sending;

public sealed class FaultySenderTests
{
    private static readonly string[] Errnos = ["EINVAL", "EMSGSIZE", "ENOBUFS", "EPERM"];

    [Fact]
    public void About_the_share_is_refused_with_each_errno_in_turn()
    {
        var (refused, inner) = Send(share: 0.1, seed: 5, packets: 10_000);

        Assert.InRange(refused.Count, 850, 1_150);
        Assert.Equal(10_000, refused.Count + inner.Queued.Count);
        Assert.Equal(Errnos, inner.Counters.FailuresByName().Keys.Order());
        Assert.Equal(refused.Count, inner.Counters.FailuresByName().Values.Sum());
        Assert.InRange(inner.Counters.FailuresByName()["EPERM"], refused.Count / 4, refused.Count / 4 + 1);
        Assert.Empty(refused.Intersect(inner.Queued));
    }

    [Fact]
    public void The_same_seed_refuses_the_same_packets()
    {
        Assert.Equal(Send(0.3, seed: 1, packets: 500).Refused, Send(0.3, seed: 1, packets: 500).Refused);
        Assert.NotEqual(Send(0.3, seed: 1, packets: 500).Refused, Send(0.3, seed: 2, packets: 500).Refused);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 50)]
    public void None_and_all_are_shares_too(double share, int expected) =>
        Assert.Equal(expected, Send(share, seed: 3, packets: 50).Refused.Count);

    private static (List<object?> Refused, ListingSender Inner) Send(double share, int seed, int packets)
    {
        var inner = new ListingSender();
        List<object?> refused = [];
        using var sender = new FaultySender(inner, share, seed, (tag, _) => refused.Add(tag));
        for (var i = 0; i < packets; i++)
            sender.Queue(Frames.FlowV4, default, i);
        Assert.Empty(refused);
        sender.Flush();
        return (refused, inner);
    }

    private sealed class ListingSender : IFrameSender
    {
        public List<object?> Queued { get; } = [];

        public SendCounters Counters { get; } = new();

        public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag) => Queued.Add(tag);

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }
}
