using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Wire;

public sealed class SegmentTests
{
    [Fact]
    public void The_last_release_gives_the_segment_back_once()
    {
        var owner = new Owner();
        var segment = new Segment();
        segment.Lease(owner);
        segment.Retain();

        segment.Release();
        Assert.Empty(owner.Returned);
        segment.Release();

        Assert.Same(segment, Assert.Single(owner.Returned));
        Assert.Throws<InvalidOperationException>(segment.Release);
    }

    [Theory]
    [InlineData(TcpFlags.Ack, 10, 10)]
    [InlineData(TcpFlags.Syn, 0, 1)]
    [InlineData(TcpFlags.Fin | TcpFlags.Ack, 10, 11)]
    [InlineData(TcpFlags.Syn | TcpFlags.Fin, 0, 2)]
    public void Syn_and_fin_take_one_of_sequence_space_each(TcpFlags flags, int payload, int length)
    {
        Assert.Equal(length, new Segment { Flags = flags, PayloadLength = payload }.SequenceLength);
        Assert.Equal(length, new ReplyHeader { Flags = flags, PayloadLength = payload }.SequenceLength);
    }

    [Fact]
    public void Payloads_are_slices_of_the_leased_buffer()
    {
        var segment = new Segment { Buffer = new byte[] { 1, 2, 3, 4, 5 }, PayloadLength = 4 };

        Assert.Equal([1, 2, 3, 4], segment.Payload.ToArray());
        Assert.Equal([2, 3], new OutgoingSegment { Source = segment, Offset = 1, Length = 2 }.Payload.ToArray());
        Assert.True(default(OutgoingSegment).Payload.IsEmpty);
    }

    [Fact]
    public void A_flag_is_had_when_any_of_the_bits_is_set()
    {
        Assert.True((TcpFlags.Syn | TcpFlags.Ack).Has(TcpFlags.Syn));
        Assert.True(TcpFlags.Fin.Has(TcpFlags.Fin | TcpFlags.Rst));
        Assert.False(TcpFlags.Ack.Has(TcpFlags.Fin | TcpFlags.Rst));
    }

    private sealed class Owner : ISegmentOwner
    {
        public List<Segment> Returned { get; } = [];

        public void Return(Segment segment) => Returned.Add(segment);
    }
}
