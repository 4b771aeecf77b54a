using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Sending;

/// <summary>Where the kernel is to send a packet, in its own form: sockaddr_in, sockaddr_in6 or sockaddr_ll.</summary>
internal readonly struct SocketAddress
{
    public const int MostBytes = 28;

    /// <summary>Bytes of the hardware addresses that a device of the Ethernet kind has.</summary>
    public const int HardwareBytes = 6;

    private const int LengthV4 = 16;
    private const int LengthOfLink = 20;
    private const ushort EtherTypeV4 = 0x0800;
    private const ushort EtherTypeV6 = 0x86dd;

    private readonly Buffer _bytes;

    private SocketAddress(in Buffer bytes, int length) => (_bytes, Length) = (bytes, length);

    public int Length { get; }

    /// <summary>A host, found by routing. The port stays 0: in IPv6 a raw socket takes it for the protocol (ipv6(7)).</summary>
    public static SocketAddress OfHost(HostAddress address)
    {
        Buffer bytes = default;
        MemoryMarshal.Write(bytes, (ushort)(address.IsV4 ? SocketFamily.V4 : SocketFamily.V6));
        address.WriteTo(bytes[(address.IsV4 ? 4 : 8)..]);
        return new(bytes, address.IsV4 ? LengthV4 : MostBytes);
    }

    /// <summary>A neighbour at a device's link layer (packet(7)).</summary>
    /// <param name="device">Index of the device.</param>
    /// <param name="isV4">What the packets are.</param>
    /// <param name="hardware">Its <see cref="HardwareBytes"/> bytes.</param>
    public static SocketAddress OfNeighbour(int device, bool isV4, ReadOnlySpan<byte> hardware)
    {
        Buffer bytes = default;
        MemoryMarshal.Write(bytes, (ushort)SocketFamily.Packet);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], isV4 ? EtherTypeV4 : EtherTypeV6);
        MemoryMarshal.Write(bytes[4..], device);
        bytes[11] = HardwareBytes;
        hardware[..HardwareBytes].CopyTo(bytes[12..]);
        return new(bytes, LengthOfLink);
    }

    public void WriteTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes)[..Length].CopyTo(destination);

    [InlineArray(MostBytes)]
    private struct Buffer
    {
        private byte _first;
    }
}
