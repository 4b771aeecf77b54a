using System.Buffers.Binary;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>A captured frame as a value: what a ref struct cannot be.</summary>
internal sealed record Frame(byte[] Bytes, int LinkType)
{
    /// <summary>Bytes on the wire; null: all of them were captured.</summary>
    public int? WireLength { get; init; }

    public DecodeResult Decode(out TcpPacket packet) =>
        FrameDecoder.Decode(new CapturedFrame(Bytes, WireLength ?? Bytes.Length, LinkType, Frames.CapturedAt), out packet);

    public DecodeResult Decode() => Decode(out _);

    /// <summary>The first bytes alone, as a small snap length would have them.</summary>
    public Frame CutTo(int length) => this with { Bytes = Bytes[..length], WireLength = WireLength ?? Bytes.Length };

    /// <summary>With one byte of the network packet changed.</summary>
    public Frame With(int offset, byte value)
    {
        var bytes = Bytes.ToArray();
        bytes[offset] = value;
        return this with { Bytes = bytes };
    }
}

/// <summary>Frames to begin with: well-formed, then changed by the test.</summary>
internal static class Frames
{
    public const int Ethernet = 1;
    public const int Raw = 101;

    public static readonly Instant CapturedAt = Instant.FromMicroseconds(1_700_000_000_123_456);
    public static readonly FlowKey FlowV4 = new(new(HostAddress.Parse("10.1.2.3"), 41_000), new(HostAddress.Parse("10.9.8.7"), 8_080));
    public static readonly FlowKey FlowV6 = new(new(HostAddress.Parse("fd00::3"), 41_000), new(HostAddress.Parse("fd00:1::7"), 8_080));

    public static FlowKey Flow(bool isV4) => isV4 ? FlowV4 : FlowV6;

    /// <summary>An IP packet of a data segment with the given payload, no options.</summary>
    public static byte[] Packet(FlowKey flow, byte[] payload, TcpFlags flags = TcpFlags.Ack | TcpFlags.Psh, TcpOptions options = default, byte dscp = 0)
    {
        var segment = new OutgoingSegment
        {
            Sequence = new(1_000),
            Acknowledgement = new(2_000),
            Flags = flags,
            Window = 501,
            Options = options,
            Source = new Segment { Buffer = payload, PayloadLength = payload.Length },
            Length = payload.Length,
        };
        var bytes = new byte[FrameEncoder.LengthOf(flow, segment)];
        FrameEncoder.Encode(bytes, flow, segment, dscp);
        return bytes;
    }

    public static Frame OnRaw(byte[] packet) => new(packet, Raw);

    public static Frame OnEthernet(byte[] packet, params ushort[] vlanTypes)
    {
        List<byte> header = [.. new byte[12]];
        foreach (var type in vlanTypes)
            header.AddRange([(byte)(type >> 8), (byte)type, 0x00, 0x64]);
        header.AddRange(EtherType(packet));
        return new([.. header, .. packet], Ethernet);
    }

    public static byte[] EtherType(byte[] packet) => packet[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xDD];

    /// <summary>An IPv4 packet with option bytes between its header and TCP.</summary>
    public static byte[] WithV4Options(byte[] packet, byte[] options)
    {
        byte[] bytes = [.. packet[..20], .. options, .. packet[20..]];
        bytes[0] = (byte)(0x40 | ((20 + options.Length) / 4));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)bytes.Length);
        return bytes;
    }

    /// <summary>An IPv6 packet with extension headers, each given as its number and its bytes (the first is filled in: what follows it).</summary>
    public static byte[] WithExtensions(byte[] packet, params (byte Number, byte[] Bytes)[] headers)
    {
        List<byte> bytes = [.. packet[..40]];
        for (var i = 0; i < headers.Length; i++)
        {
            var header = headers[i].Bytes.ToArray();
            header[0] = i + 1 < headers.Length ? headers[i + 1].Number : packet[6];
            bytes.AddRange(header);
        }
        bytes.AddRange(packet[40..]);
        var result = bytes.ToArray();
        result[6] = headers.Length > 0 ? headers[0].Number : packet[6];
        BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(4), (ushort)(result.Length - 40));
        return result;
    }
}
