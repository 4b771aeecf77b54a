using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Tests.Rules;

/// <summary>Sends TCP packets of a client that does not exist, over a raw socket. Written for these tests alone, so that they do not
/// rest on the code that the product sends with.</summary>
internal sealed class ForgedClient : IDisposable
{
    private const int TcpHeaderLength = 20;

    private readonly FlowKey _flow;
    private readonly int _dscp;
    private readonly Socket _socket;

    public ForgedClient(FlowKey flow, int dscp)
    {
        (_flow, _dscp) = (flow, dscp);
        _socket = flow.Server.Address.IsV4
            ? new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw)
            : new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.Raw);
    }

    public void Send(uint sequence, uint acknowledgement, TcpFlags flags, ReadOnlySpan<byte> payload = default)
    {
        var isV4 = _flow.Server.Address.IsV4;
        var headerLength = isV4 ? 20 : 40;
        var packet = new byte[headerLength + TcpHeaderLength + payload.Length];
        if (isV4)
            WriteV4(packet);
        else
            WriteV6(packet);
        var tcp = packet.AsSpan(headerLength);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, _flow.Client.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], _flow.Server.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgement);
        tcp[12] = TcpHeaderLength / 4 << 4;
        tcp[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 65_000);
        payload.CopyTo(tcp[TcpHeaderLength..]);
        // RFC 9293 section 3.1: the pseudo header is the addresses, the protocol and the length.
        var addresses = isV4 ? packet.AsSpan(12, 8) : packet.AsSpan(8, 32);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Checksum(6u + (uint)tcp.Length, addresses, tcp));
        _socket.SendTo(packet, new IPEndPoint(IPAddress.Parse(_flow.Server.Address.ToString()), 0));
    }

    public void Dispose() => _socket.Dispose();

    private void WriteV4(Span<byte> packet)
    {
        packet[0] = 0x45;
        packet[1] = (byte)(_dscp << 2);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = 6;
        _flow.Client.Address.WriteTo(packet[12..]);
        _flow.Server.Address.WriteTo(packet[16..]);
    }

    private void WriteV6(Span<byte> packet)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, 0x6000_0000u | (uint)_dscp << 22);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - 40));
        packet[6] = 6;
        packet[7] = 64;
        _flow.Client.Address.WriteTo(packet[8..]);
        _flow.Server.Address.WriteTo(packet[24..]);
    }

    private static ushort Checksum(uint sum, ReadOnlySpan<byte> addresses, ReadOnlySpan<byte> segment)
    {
        sum += Sum(addresses) + Sum(segment);
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i++)
            sum += (uint)bytes[i] << (i % 2 == 0 ? 8 : 0);
        return sum;
    }
}
