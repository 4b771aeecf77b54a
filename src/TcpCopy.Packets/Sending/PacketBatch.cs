using System.Runtime.InteropServices;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Packets of one socket that wait for <c>sendmmsg</c>, laid one after the other in native memory together with the headers that the
/// call wants. Filled and emptied over and over; allocates nothing after its construction.
/// </summary>
/// <param name="socket">What they go out by; disposed with the batch.</param>
internal sealed unsafe class PacketBatch(RawSocket socket) : IDisposable
{
    public const int Capacity = 64;

    /// <summary>Sixteen packets of the largest kind, so that loopback's 64 KB packets are batched too.</summary>
    private const int ArenaBytes = 1024 * 1024;
    private const int Alignment = 64;
    private const int AddressStride = 32;

    private readonly object?[] _tags = new object?[Capacity];
    private byte* _arena = (byte*)NativeMemory.AlignedAlloc(ArenaBytes, Alignment);
    private readonly byte* _addresses = (byte*)NativeMemory.AllocZeroed(Capacity, AddressStride);
    private readonly IoVector* _vectors = (IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(IoVector));
    private readonly MessageHeader* _messages = (MessageHeader*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(MessageHeader));
    private int _used;

    public int Count { get; private set; }

    public RawSocket Socket => socket;

    public MessageHeader* Messages => _messages;

    /// <summary>True when a packet of that length can join what is already here.</summary>
    public bool HasRoomFor(int length) => Count < Capacity && length <= ArenaBytes - _used;

    /// <summary>Room for the next packet, to be filled and then added.</summary>
    public Span<byte> Reserve(int length) => new(_arena + _used, length);

    public void Add(in SocketAddress address, int length, object? tag)
    {
        var index = Count++;
        _vectors[index] = new IoVector { Base = _arena + _used, Length = (nuint)length };
        _messages[index] = new MessageHeader { Vectors = _vectors + index, VectorCount = 1 };
        SetAddress(index, address);
        _tags[index] = tag;
        _used += (length + Alignment - 1) / Alignment * Alignment;
    }

    public void SetAddress(int index, in SocketAddress address)
    {
        var place = _addresses + index * AddressStride;
        address.WriteTo(new Span<byte>(place, AddressStride));
        _messages[index].Name = place;
        _messages[index].NameLength = (uint)address.Length;
    }

    /// <summary>The packet, IP header included.</summary>
    public ReadOnlySpan<byte> PacketAt(int index) => new(_vectors[index].Base, LengthOf(index));

    public int LengthOf(int index) => (int)_vectors[index].Length;

    public object? TagOf(int index) => _tags[index];

    public void Clear()
    {
        _tags.AsSpan(0, Count).Clear();
        Count = 0;
        _used = 0;
    }

    public void Dispose()
    {
        socket.Dispose();
        if (_arena == null)
            return;
        NativeMemory.AlignedFree(_arena);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
        _arena = null;
    }
}
