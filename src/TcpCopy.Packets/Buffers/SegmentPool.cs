using System.Numerics;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Packets.Buffers;

/// <summary>
/// Leases segments with their buffers, by size classes of 256 bytes times one, one and a half, two, three, four and so on. Returned ones
/// are kept up to a bound and the rest left to the collector. Safe from any thread; allocates nothing once warm.
/// </summary>
public sealed class SegmentPool : ISegmentOwner
{
    public const long DefaultMaxIdleBytes = 64L * 1024 * 1024;

    /// <summary>What a segment counts for beside its buffer, about: the object itself.</summary>
    private const int ObjectBytes = 192;
    private const int SmallestShift = 8;

    /// <summary>Buffers of this size and more are cut from slabs.</summary>
    private const int SlabBytes = 8 * 1024;

    private const int LargestShift = 20;

    /// <summary>Class 0 has no buffer; then 256, 384, 512, 768 ... 1 MB. A larger payload gets a buffer of its own that is not kept.</summary>
    private readonly Shelf[] _shelves = new Shelf[2 + 2 * (LargestShift - SmallestShift)];
    private readonly long _maxIdleBytes;
    private long _idleBytes;
    private long _leasedBytes;
    private long _leasedSegments;

    /// <param name="maxIdleBytes">Most bytes that returned segments may hold together.</param>
    public SegmentPool(long maxIdleBytes = DefaultMaxIdleBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxIdleBytes);
        _maxIdleBytes = maxIdleBytes;
        for (var i = 0; i < _shelves.Length; i++)
            _shelves[i] = new Shelf(SizeOfClass(i));
    }

    /// <summary>Memory held by segments that are out: whole buffers and the objects, in bytes. What a budget is to be compared with.</summary>
    public long LeasedBytes => Interlocked.Read(ref _leasedBytes);

    public long LeasedSegments => Interlocked.Read(ref _leasedSegments);

    /// <summary>Memory kept for later leases, in bytes.</summary>
    public long IdleBytes => Interlocked.Read(ref _idleBytes);

    /// <summary>Copies a decoded packet into a segment with one holder. This is the only copy of a payload until it is encoded.</summary>
    /// <param name="packet">With its whole payload.</param>
    /// <param name="flow">The captured connection, client end first.</param>
    /// <param name="origin">Which end sent it.</param>
    /// <exception cref="ArgumentException">The payload was not captured whole: such a packet must never be replayed.</exception>
    public Segment Rent(in TcpPacket packet, in FlowKey flow, SegmentOrigin origin)
    {
        if (packet.Payload.Length != packet.PayloadLength)
            throw new ArgumentException($"{flow}: {packet.Payload.Length} of {packet.PayloadLength} payload bytes were captured", nameof(packet));
        var segment = Take(packet.PayloadLength);
        packet.Payload.CopyTo(segment.Buffer.AsSpan());
        segment.Flow = flow;
        segment.Origin = origin;
        segment.Sequence = packet.Sequence;
        segment.Acknowledgement = packet.Acknowledgement;
        segment.Flags = packet.Flags;
        segment.Window = packet.Window;
        segment.Options = packet.Options;
        segment.CapturedAt = packet.CapturedAt;
        segment.PayloadLength = packet.PayloadLength;
        segment.Lease(this);
        Interlocked.Add(ref _leasedBytes, BytesOf(segment));
        Interlocked.Increment(ref _leasedSegments);
        return segment;
    }

    /// <summary>Called by the last release of a segment.</summary>
    public void Return(Segment segment)
    {
        var bytes = BytesOf(segment);
        Interlocked.Add(ref _leasedBytes, -bytes);
        Interlocked.Decrement(ref _leasedSegments);
        var index = ClassOf(segment.Buffer.Count);
        if (index >= _shelves.Length)
            return;
        if (Interlocked.Add(ref _idleBytes, bytes) > _maxIdleBytes)
        {
            Interlocked.Add(ref _idleBytes, -bytes);
            return;
        }
        _shelves[index].Put(segment);
    }

    private Segment Take(int payloadLength)
    {
        var index = ClassOf(payloadLength);
        if (index >= _shelves.Length)
            return new Segment { Buffer = GC.AllocateUninitializedArray<byte>(payloadLength) };
        if (!_shelves[index].TryTake(out var segment))
            return _shelves[index].Create();
        Interlocked.Add(ref _idleBytes, -BytesOf(segment));
        return segment;
    }

    private static long BytesOf(Segment segment) => segment.Buffer.Count + ObjectBytes;

    /// <summary>Index of the smallest class that holds the length; past the last for larger ones.</summary>
    internal static int ClassOf(int length)
    {
        if (length == 0)
            return 0;
        if (length <= 1 << SmallestShift)
            return 1;
        var shift = BitOperations.Log2((uint)length - 1) + 1;
        var middle = 3 << (shift - 2);
        return 1 + 2 * (shift - SmallestShift) - (length <= middle ? 1 : 0);
    }

    internal static int SizeOfClass(int index)
    {
        if (index == 0)
            return 0;
        var shift = SmallestShift + index / 2;
        return index % 2 == 1 ? 1 << shift : 3 << (shift - 2);
    }

    /// <summary>The returned segments of one class, last in first out: the one whose memory is warmest.</summary>
    private sealed class Shelf(int size)
    {
        private readonly Lock _gate = new();
        private Segment[] _segments = new Segment[16];
        private int _count;
        private BufferSlab? _slab;

        public Segment Create()
        {
            if (size == 0)
                return new Segment();
            return new Segment { Buffer = size < SlabBytes ? GC.AllocateUninitializedArray<byte>(size) : Cut() };
        }

        public void Put(Segment segment)
        {
            lock (_gate)
            {
                if (_count == _segments.Length)
                    Array.Resize(ref _segments, _count * 2);
                _segments[_count++] = segment;
            }
        }

        private ArraySegment<byte> Cut()
        {
            lock (_gate)
            {
                if (_slab is not null && _slab.TryCut(out var buffer))
                    return buffer;
                _slab = new BufferSlab(size);
                _slab.TryCut(out buffer);
                return buffer;
            }
        }

        public bool TryTake(out Segment segment)
        {
            lock (_gate)
            {
                if (_count == 0)
                {
                    segment = null!;
                    return false;
                }
                segment = _segments[--_count];
                _segments[_count] = null!;
                return true;
            }
        }
    }
}
