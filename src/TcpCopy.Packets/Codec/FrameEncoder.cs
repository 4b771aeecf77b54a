using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Codec;

/// <summary>// [6] Writes a replica's segment as an IP packet, checksums included. Nothing is allocated.</summary>
public static class FrameEncoder
{
    /// <summary>Most bytes of a packet: what the length field of IPv4 holds. IPv6 is kept to it.</summary>
    public const int MaxPacketLength = 65_535;

    private const byte ProtocolTcp = 6;
    private const byte TimeToLive = 64;
    private const ushort DoNotFragment = 0x4000;
    private const int V4HeaderLength = 20;
    private const int V6HeaderLength = 40;
    private const int TcpHeaderLength = 20;

    /// <summary>Bytes of the whole packet. It can be encoded when this is at most <see cref="MaxPacketLength"/>.</summary>
    public static int LengthOf(in FlowKey replica, in OutgoingSegment segment) =>
        (replica.Server.Address.IsV4 ? V4HeaderLength : V6HeaderLength)
        + TcpHeaderLength + OptionsWriter.LengthOf(segment.Options) + segment.Length;

    /// <param name="destination">At least <see cref="LengthOf"/> bytes.</param>
    /// <param name="replica">Client end is the source, server end the destination; both of one family.</param>
    /// <param name="segment">SACK blocks beyond what the header has room for are left out.</param>
    /// <param name="dscp">0 to 63.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">Families differ, the packet is longer than IP allows, or the destination is too short.</exception>
    public static int Encode(Span<byte> destination, in FlowKey replica, in OutgoingSegment segment, byte dscp)
    {
        var isV4 = replica.Server.Address.IsV4;
        if (replica.Client.Address.IsV4 != isV4)
            throw new ArgumentException($"replica {replica} joins addresses of two families", nameof(replica));
        var length = LengthOf(replica, segment);
        if (length > MaxPacketLength || length > destination.Length)
            throw new ArgumentException($"a packet of {length} bytes exceeds {Math.Min(MaxPacketLength, destination.Length)}", nameof(segment));
        var packet = destination[..length];
        var headerLength = isV4 ? V4HeaderLength : V6HeaderLength;
        WriteTcp(packet[headerLength..], replica, segment);
        if (isV4)
            WriteV4(packet, replica, dscp);
        else
            WriteV6(packet, replica, dscp);
        // The addresses stand at the end of both headers; with protocol and length they are the pseudo-header (RFC 9293 section 3.1).
        var addresses = packet[(isV4 ? 12 : 8)..headerLength];
        var sum = InternetChecksum.Sum(addresses)
            + InternetChecksum.InNetworkOrder(ProtocolTcp)
            + InternetChecksum.InNetworkOrder((ushort)(length - headerLength))
            + InternetChecksum.Sum(packet[headerLength..]);
        Store(packet[(headerLength + 16)..], InternetChecksum.Finish(sum));
        return length;
    }

    /// <summary>Where a packet goes that was encoded here.</summary>
    public static HostAddress DestinationOf(ReadOnlySpan<byte> packet) =>
        HostAddress.FromBytes(packet[0] >> 4 == 4 ? packet[16..V4HeaderLength] : packet[24..V6HeaderLength]);

    private static void WriteTcp(Span<byte> tcp, in FlowKey replica, in OutgoingSegment segment)
    {
        var headerLength = TcpHeaderLength + OptionsWriter.LengthOf(segment.Options);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, replica.Client.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], replica.Server.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], segment.Sequence.Value);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], segment.Acknowledgement.Value);
        tcp[12] = (byte)(headerLength / 4 << 4);
        tcp[13] = (byte)segment.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], segment.Window);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[16..], 0); // checksum, to be filled, and urgent pointer
        OptionsWriter.Write(tcp[TcpHeaderLength..headerLength], segment.Options);
        segment.Payload.CopyTo(tcp[headerLength..]);
    }

    private static void WriteV4(Span<byte> packet, in FlowKey replica, byte dscp)
    {
        packet[0] = 0x45;
        packet[1] = (byte)(dscp << 2);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        // Identification 0: a packet that may not be fragmented needs none (RFC 6864 section 4.1).
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], DoNotFragment);
        packet[8] = TimeToLive;
        packet[9] = ProtocolTcp;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], 0);
        replica.Client.Address.WriteTo(packet[12..]);
        replica.Server.Address.WriteTo(packet[16..]);
        Store(packet[10..], InternetChecksum.Finish(InternetChecksum.Sum(packet[..V4HeaderLength])));
    }

    private static void WriteV6(Span<byte> packet, in FlowKey replica, byte dscp)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, 6u << 28 | (uint)dscp << 22);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - V6HeaderLength));
        packet[6] = ProtocolTcp;
        packet[7] = TimeToLive;
        replica.Client.Address.WriteTo(packet[8..]);
        replica.Server.Address.WriteTo(packet[24..]);
    }

    private static void Store(Span<byte> field, ushort checksum) => MemoryMarshal.Write(field, checksum);
}
