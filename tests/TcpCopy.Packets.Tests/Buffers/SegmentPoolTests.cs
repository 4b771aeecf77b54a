using TcpCopy.Core.Wire;
using TcpCopy.Packets.Buffers;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Tests.Codec;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Buffers;

public sealed class SegmentPoolTests
{
    [Fact]
    public void A_lease_holds_what_the_packet_held()
    {
        var pool = new SegmentPool();
        var frame = Frames.OnEthernet(Frames.Packet(Frames.FlowV4, "hello"u8.ToArray(), TcpFlags.Ack, new() { HasTimestamps = true, TimestampValue = 7 }));
        frame.Decode(out var packet);

        var segment = pool.Rent(packet, packet.FlowFromClient, SegmentOrigin.Client);
        frame.Bytes.AsSpan().Clear();

        Assert.Equal("hello"u8, segment.Payload);
        Assert.Equal((Frames.FlowV4, SegmentOrigin.Client), (segment.Flow, segment.Origin));
        Assert.Equal((1_000u, 2_000u), (segment.Sequence.Value, segment.Acknowledgement.Value));
        Assert.Equal((TcpFlags.Ack, (ushort)501, 7u), (segment.Flags, segment.Window, segment.Options.TimestampValue));
        Assert.Equal(Frames.CapturedAt, segment.CapturedAt);
    }

    [Fact]
    public void A_returned_segment_is_leased_again_and_what_is_out_is_counted()
    {
        var pool = new SegmentPool();

        var first = Rent(pool, 1_000);
        Assert.Equal((1L, true), (pool.LeasedSegments, pool.LeasedBytes >= 1_000));
        first.Release();
        Assert.Equal((0L, 0L, true), (pool.LeasedSegments, pool.LeasedBytes, pool.IdleBytes >= 1_000));

        Assert.Same(first, Rent(pool, 900));
        Assert.Equal(0, pool.IdleBytes);
    }

    [Fact]
    public void A_segment_comes_back_with_its_last_holder()
    {
        var pool = new SegmentPool();
        var segment = Rent(pool, 10);
        segment.Retain();

        segment.Release();
        Assert.Equal(1, pool.LeasedSegments);
        segment.Release();
        Assert.Equal(0, pool.LeasedSegments);
        Assert.Throws<InvalidOperationException>(segment.Release);
    }

    [Fact]
    public void No_more_is_kept_than_the_bound()
    {
        var pool = new SegmentPool(maxIdleBytes: 5_000);
        var segments = Enumerable.Range(0, 10).Select(_ => Rent(pool, 1_000)).ToList();

        segments.ForEach(segment => segment.Release());

        Assert.Equal(0, pool.LeasedBytes);
        Assert.InRange(pool.IdleBytes, 1_000, 5_000);
    }

    [Fact]
    public void A_payload_beyond_the_classes_is_leased_and_not_kept()
    {
        var pool = new SegmentPool();

        var segment = Rent(pool, 2_000_000);

        Assert.True(pool.LeasedBytes >= 2_000_000);
        segment.Release();
        Assert.Equal((0L, 0L), (pool.LeasedBytes, pool.IdleBytes));
    }

    [Fact]
    public void A_truncated_packet_never_becomes_a_segment()
    {
        var pool = new SegmentPool();
        var frame = Frames.OnRaw(Frames.Packet(Frames.FlowV4, new byte[10])).CutTo(45);

        Assert.Throws<ArgumentException>(() =>
        {
            frame.Decode(out var packet);
            pool.Rent(packet, packet.FlowFromClient, SegmentOrigin.Client);
        });
        Assert.Equal((0L, 0L), (pool.LeasedSegments, pool.LeasedBytes));
    }

    [Fact]
    public void Every_length_finds_the_smallest_class_that_holds_it()
    {
        Assert.Equal(0, SegmentPool.SizeOfClass(SegmentPool.ClassOf(0)));
        for (var length = 1; length <= 1 << 20; length += length < 5_000 ? 1 : 997)
        {
            var index = SegmentPool.ClassOf(length);
            Assert.True(SegmentPool.SizeOfClass(index) >= length && (index == 1 || SegmentPool.SizeOfClass(index - 1) < length), $"length {length}");
            Assert.Equal(index, SegmentPool.ClassOf(SegmentPool.SizeOfClass(index)));
        }
    }

    [Fact]
    public void Many_threads_may_lease_and_release()
    {
        var pool = new SegmentPool();
        var wrong = 0;

        Parallel.For(0, 8, seed =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 5_000; i++)
            {
                var payload = new byte[random.Next(0, 3_000)];
                Array.Fill(payload, (byte)seed);
                var segment = Rent(pool, payload);
                if (!segment.Payload.SequenceEqual(payload))
                    Interlocked.Increment(ref wrong);
                segment.Release();
            }
        });

        Assert.Equal((0, 0L, 0L), (wrong, pool.LeasedBytes, pool.LeasedSegments));
    }

    [Fact]
    public void Decoding_leasing_and_releasing_allocate_nothing()
    {
        var pool = new SegmentPool();
        var counters = new DecodeCounters();
        Frame[] frames =
        [
            Frames.OnEthernet(Frames.Packet(Frames.FlowV4, new byte[1_448])),
            Frames.OnEthernet(Frames.Packet(Frames.FlowV6, new byte[60_000])),
            Frames.OnEthernet(Frames.Packet(Frames.FlowV4, [], TcpFlags.Syn)),
        ];
        void Run(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                foreach (var frame in frames)
                {
                    counters.Count(frame.Decode(out var packet));
                    pool.Rent(packet, packet.FlowFromClient, SegmentOrigin.Client).Release();
                }
            }
        }
        Run(100);

        Assert.Equal(0, Allocations.Of(() => Run(1_000)));
    }

    private static Segment Rent(SegmentPool pool, int payloadLength) => Rent(pool, new byte[payloadLength]);

    /// <summary>Not through an encoded frame: payloads beyond 64 KB come of super-segments alone.</summary>
    private static Segment Rent(SegmentPool pool, byte[] payload)
    {
        var packet = new TcpPacket { Payload = payload, PayloadLength = payload.Length };
        return pool.Rent(packet, Frames.FlowV4, SegmentOrigin.Client);
    }
}
