using System.Runtime.InteropServices;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Packets of one family that wait for <c>sendmmsg</c>, laid one after the other in native memory together with the headers that the
/// call wants. Filled and emptied over and over; allocates nothing after its construction.
/// </summary>
internal sealed unsafe class PacketBatch : IDisposable
{
    public const int Capacity = 64;

    /// <summary>Sixteen packets of the largest kind, so that loopback's 64 KB packets are batched too.</summary>
    private const int ArenaBytes = 1024 * 1024;
    private const int Alignment = 64;
    private const int AddressStride = 32;
    private const int AddressLengthV4 = 16;
    private const int AddressLengthV6 = 28;
    private const ushort FamilyV4 = 2;
    private const ushort FamilyV6 = 10;

    private readonly object?[] _tags = new object?[Capacity];
    private byte* _arena = (byte*)NativeMemory.AlignedAlloc(ArenaBytes, Alignment);
    private readonly byte* _addresses = (byte*)NativeMemory.AllocZeroed(Capacity, AddressStride);
    private readonly IoVector* _vectors = (IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(IoVector));
    private readonly MessageHeader* _messages = (MessageHeader*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(MessageHeader));
    private int _used;

    public int Count { get; private set; }

    public bool IsV4 { get; private set; }

    public MessageHeader* Messages => _messages;

    /// <summary>True when a packet of that family and length can join what is already here.</summary>
    public bool HasRoomFor(bool isV4, int length) =>
        Count == 0 || (Count < Capacity && IsV4 == isV4 && length <= ArenaBytes - _used);

    /// <summary>Room for the next packet, to be filled and then added.</summary>
    public Span<byte> Reserve(int length) => new(_arena + _used, length);

    public void Add(int length, HostAddress destination, object? tag)
    {
        var index = Count++;
        IsV4 = destination.IsV4;
        var address = _addresses + index * AddressStride;
        WriteAddress(new Span<byte>(address, AddressStride), destination);
        _vectors[index] = new IoVector { Base = _arena + _used, Length = (nuint)length };
        _messages[index] = new MessageHeader
        {
            Name = address,
            NameLength = IsV4 ? AddressLengthV4 : (uint)AddressLengthV6,
            Vectors = _vectors + index,
            VectorCount = 1,
        };
        _tags[index] = tag;
        _used += (length + Alignment - 1) / Alignment * Alignment;
    }

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
        if (_arena == null)
            return;
        NativeMemory.AlignedFree(_arena);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_messages);
        _arena = null;
    }

    /// <summary>sockaddr_in or sockaddr_in6. The port stays 0: in IPv6 a raw socket takes it for the protocol (ipv6(7)).</summary>
    private static void WriteAddress(Span<byte> destination, HostAddress address)
    {
        destination.Clear();
        MemoryMarshal.Write(destination, address.IsV4 ? FamilyV4 : FamilyV6);
        address.WriteTo(destination[(address.IsV4 ? 4 : 8)..]);
    }
}
