using System.Buffers.Binary;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Packets.Codec;

/// <summary>
/// [2] Finds the TCP segment in a captured frame. Every length is checked against both the captured bytes and what the outer header
/// claims; checksums are not verified, since offload leaves them half-done in captures. Nothing is allocated.
/// </summary>
public static class FrameDecoder
{
    private const byte ProtocolTcp = 6;
    private const int V4HeaderLength = 20;
    private const int V6HeaderLength = 40;
    private const int TcpHeaderLength = 20;

    /// <param name="frame">As captured.</param>
    /// <param name="packet">Filled for <see cref="DecodeResult.Tcp"/> and <see cref="DecodeResult.Truncated"/>; else the default.</param>
    public static DecodeResult Decode(scoped in CapturedFrame frame, out TcpPacket packet)
    {
        packet = default;
        var result = DecodeHeaders(frame, ref packet);
        if (result is not (DecodeResult.Tcp or DecodeResult.Truncated))
            packet = default;
        return result;
    }

    private static DecodeResult DecodeHeaders(scoped in CapturedFrame frame, ref TcpPacket packet)
    {
        var protocol = LinkHeader.Read(frame.Bytes, frame.LinkType, out var linkLength);
        if (protocol == NetworkProtocol.Other)
            return DecodeResult.NotTcp;
        if (protocol == NetworkProtocol.CutShort)
            return DecodeResult.Malformed;
        packet.CapturedAt = frame.CapturedAt;
        var network = frame.Bytes[linkLength..];
        var wireLength = frame.OriginalLength - linkLength;
        return protocol == NetworkProtocol.V4 ? DecodeV4(network, wireLength, ref packet) : DecodeV6(network, wireLength, ref packet);
    }

    private static DecodeResult DecodeV4(ReadOnlySpan<byte> network, int wireLength, ref TcpPacket packet)
    {
        if (network.Length < V4HeaderLength || network[0] >> 4 != 4)
            return DecodeResult.Malformed;
        var headerLength = (network[0] & 0x0F) * 4;
        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(network[2..]);
        // BIG TCP and TSO leave 0 where the length exceeds the field; the frame's own length tells it.
        if (totalLength == 0)
            totalLength = wireLength;
        if (headerLength < V4HeaderLength || totalLength < headerLength || totalLength > wireLength)
            return DecodeResult.Malformed;
        if (network[9] != ProtocolTcp)
            return DecodeResult.NotTcp;
        // More fragments, or an offset (RFC 791 section 3.1).
        if ((BinaryPrimitives.ReadUInt16BigEndian(network[6..]) & 0x3FFF) != 0)
            return DecodeResult.Fragment;
        packet.Dscp = (byte)(network[1] >> 2);
        packet.Source = new(HostAddress.FromBytes(network[12..16]), 0);
        packet.Destination = new(HostAddress.FromBytes(network[16..20]), 0);
        return DecodeTcp(network, headerLength, totalLength, ref packet);
    }

    private static DecodeResult DecodeV6(ReadOnlySpan<byte> network, int wireLength, ref TcpPacket packet)
    {
        if (network.Length < V6HeaderLength || network[0] >> 4 != 6)
            return DecodeResult.Malformed;
        int payloadLength = BinaryPrimitives.ReadUInt16BigEndian(network[4..]);
        // 0 stands for a jumbogram (RFC 2675 section 3) or a BIG TCP super-segment, with or without its hop-by-hop header.
        var totalLength = payloadLength == 0 ? wireLength : V6HeaderLength + payloadLength;
        if (totalLength < V6HeaderLength || totalLength > wireLength)
            return DecodeResult.Malformed;
        var result = Extensions.Skip(network, totalLength, network[6], V6HeaderLength, out var transport);
        if (result != DecodeResult.Tcp)
            return result;
        packet.Dscp = (byte)((BinaryPrimitives.ReadUInt16BigEndian(network) >> 6) & 0x3F);
        packet.Source = new(HostAddress.FromBytes(network[8..24]), 0);
        packet.Destination = new(HostAddress.FromBytes(network[24..40]), 0);
        return DecodeTcp(network, transport, totalLength, ref packet);
    }

    private static DecodeResult DecodeTcp(ReadOnlySpan<byte> network, int start, int end, ref TcpPacket packet)
    {
        var captured = Math.Min(network.Length, end);
        if (captured - start < TcpHeaderLength)
            return DecodeResult.Malformed;
        var tcp = network[start..captured];
        var headerLength = (tcp[12] >> 4) * 4;
        if (headerLength < TcpHeaderLength || headerLength > tcp.Length)
            return DecodeResult.Malformed;
        packet.Flags = (TcpFlags)tcp[13];
        var options = tcp[TcpHeaderLength..headerLength];
        if (!OptionsReader.TryRead(options, packet.Flags.Has(TcpFlags.Syn), ref packet.Options))
            return DecodeResult.Malformed;
        packet.Source = packet.Source with { Port = BinaryPrimitives.ReadUInt16BigEndian(tcp) };
        packet.Destination = packet.Destination with { Port = BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]) };
        packet.Sequence = new(BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]));
        packet.Acknowledgement = new(BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]));
        packet.Window = BinaryPrimitives.ReadUInt16BigEndian(tcp[14..]);
        packet.PayloadLength = end - start - headerLength;
        packet.Payload = tcp[headerLength..];
        return packet.Payload.Length < packet.PayloadLength ? DecodeResult.Truncated : DecodeResult.Tcp;
    }

    /// <summary>IPv6 extension headers (RFC 8200 section 4).</summary>
    private static class Extensions
    {
        private const byte HopByHop = 0;
        private const byte Routing = 43;
        private const byte Fragment = 44;
        private const byte DestinationOptions = 60;
        private const int Unit = 8;

        /// <summary>Steps over the headers before TCP. Each takes at least eight bytes, so the walk ends.</summary>
        public static DecodeResult Skip(ReadOnlySpan<byte> network, int totalLength, byte next, int offset, out int transport)
        {
            transport = offset;
            while (next != ProtocolTcp)
            {
                if (!IsExtension(next))
                    return DecodeResult.NotTcp;
                if (transport + Unit > Math.Min(network.Length, totalLength))
                    return DecodeResult.Malformed;
                var header = network[transport..];
                if (next == Fragment && IsPart(header))
                    return header[0] == ProtocolTcp || IsExtension(header[0]) ? DecodeResult.Fragment : DecodeResult.NotTcp;
                transport += next == Fragment ? Unit : (header[1] + 1) * Unit;
                next = header[0];
            }
            return DecodeResult.Tcp;
        }

        private static bool IsExtension(byte header) => header is HopByHop or Routing or Fragment or DestinationOptions;

        /// <summary>False for an atomic fragment (RFC 6946): a fragment header on a packet that is whole.</summary>
        private static bool IsPart(ReadOnlySpan<byte> header) => (BinaryPrimitives.ReadUInt16BigEndian(header[2..]) & 0xFFF9) != 0;
    }
}
