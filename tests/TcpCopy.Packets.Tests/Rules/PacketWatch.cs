using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Tests.Rules;

/// <summary>A TCP packet that left the namespace's host: over which device, and what it said.</summary>
internal readonly record struct SeenPacket(int Device, Endpoint Source, Endpoint Destination, uint Sequence, TcpFlags Flags, int PayloadLength);

/// <summary>Sees every packet that any device of the network namespace sends, as an AF_PACKET socket shows them (packet(7)).</summary>
internal sealed class PacketWatch : IDisposable
{
    private const int Outgoing = 4;
    private const ushort AnyProtocol = 3;
    private const int V4Protocol = 0x0800;
    private const int V6Protocol = 0x86dd;

    private readonly Socket _socket;

    public PacketWatch()
    {
        // A datagram packet socket takes the link header off; its protocol is given in network order.
        _socket = new Socket(AddressFamily.Packet, SocketType.Dgram, (ProtocolType)BinaryPrimitives.ReverseEndianness(AnyProtocol))
        {
            ReceiveTimeout = 10_000,
        };
    }

    /// <summary>Everything seen until now.</summary>
    public List<SeenPacket> Seen { get; } = [];

    /// <summary>Waits for a packet that is as <paramref name="wanted"/> says.</summary>
    public SeenPacket Await(Predicate<SeenPacket> wanted)
    {
        while (true)
        {
            if (Read() is not { } packet)
                continue;
            Seen.Add(packet);
            if (wanted(packet))
                return packet;
        }
    }

    public void Dispose() => _socket.Dispose();

    private SeenPacket? Read()
    {
        var buffer = new byte[70_000];
        var from = new SocketAddress(AddressFamily.Packet, SocketAddress.GetMaximumAddressSize(AddressFamily.Packet));
        var length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
        var link = from.Buffer.Span;
        if (link[10] != Outgoing)
            return null;
        var protocol = BinaryPrimitives.ReadUInt16BigEndian(link[2..]);
        var device = BinaryPrimitives.ReadInt32LittleEndian(link[4..]);
        return protocol switch
        {
            V4Protocol when buffer[9] == 6 => Decode(device, buffer.AsSpan(0, length), 20, buffer.AsSpan(12, 4), buffer.AsSpan(16, 4)),
            V6Protocol when buffer[6] == 6 => Decode(device, buffer.AsSpan(0, length), 40, buffer.AsSpan(8, 16), buffer.AsSpan(24, 16)),
            _ => null,
        };
    }

    private static SeenPacket Decode(int device, Span<byte> packet, int headerLength, Span<byte> source, Span<byte> destination)
    {
        var tcp = packet[headerLength..];
        return new SeenPacket(
            device,
            new Endpoint(HostAddress.FromBytes(source), BinaryPrimitives.ReadUInt16BigEndian(tcp)),
            new Endpoint(HostAddress.FromBytes(destination), BinaryPrimitives.ReadUInt16BigEndian(tcp[2..])),
            BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]),
            (TcpFlags)tcp[13],
            tcp.Length - (tcp[12] >> 4) * 4);
    }
}
