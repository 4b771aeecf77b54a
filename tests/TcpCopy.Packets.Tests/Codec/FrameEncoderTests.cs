using FsCheck.Xunit;
using PacketDotNet;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

public sealed class FrameEncoderTests
{
    [Property(MaxTest = 2_000)]
    public void What_is_encoded_decodes_to_the_same(
        bool isV4, uint sequence, uint acknowledgement, byte flags, ushort window, byte dscp, byte[] payload, Choice choice)
    {
        var options = choice.ToOptions(isSyn: ((TcpFlags)flags).Has(TcpFlags.Syn));
        var segment = SegmentOf(payload, options) with
        {
            Sequence = new(sequence), Acknowledgement = new(acknowledgement), Flags = (TcpFlags)flags, Window = window,
        };
        var bytes = new byte[FrameEncoder.LengthOf(Frames.Flow(isV4), segment)];

        Assert.Equal(bytes.Length, FrameEncoder.Encode(bytes, Frames.Flow(isV4), segment, (byte)(dscp & 63)));

        Assert.Equal(DecodeResult.Tcp, Frames.OnRaw(bytes).Decode(out var packet));
        Assert.Equal(Frames.Flow(isV4), packet.FlowFromClient);
        Assert.Equal((sequence, acknowledgement), (packet.Sequence.Value, packet.Acknowledgement.Value));
        Assert.Equal(((TcpFlags)flags, window, (byte)(dscp & 63)), (packet.Flags, packet.Window, packet.Dscp));
        Assert.Equal(payload, packet.Payload);
        AssertSame(options, packet.Options);
    }

    [Property(MaxTest = 1_000)]
    public void An_independent_decoder_finds_the_checksums_right(bool isV4, uint sequence, byte[] payload, byte times, Choice choice)
    {
        var longer = Enumerable.Repeat(payload, times).SelectMany(part => part).ToArray();
        var segment = SegmentOf(longer, choice.ToOptions(isSyn: true)) with { Sequence = new(sequence), Flags = TcpFlags.Syn, Window = 9 };
        var bytes = new byte[FrameEncoder.LengthOf(Frames.Flow(isV4), segment)];
        FrameEncoder.Encode(bytes, Frames.Flow(isV4), segment, 0x2a);

        var packet = Packet.ParsePacket(LinkLayers.Raw, bytes);
        var tcp = packet.Extract<PacketDotNet.TcpPacket>();

        Assert.True(tcp.ValidTcpChecksum);
        Assert.Equal((sequence, longer.Length), (tcp.SequenceNumber, tcp.PayloadData.Length));
        if (packet.Extract<IPv4Packet>() is { } v4)
            Assert.True(v4.ValidIPChecksum && v4.TotalLength == bytes.Length);
        else
            Assert.Equal(bytes.Length - 40, packet.Extract<IPv6Packet>().PayloadLength);
    }

    [Fact]
    public void The_IPv4_header_says_what_a_replica_is()
    {
        var packet = Frames.Packet(Frames.FlowV4, [], dscp: 0x2a);

        Assert.Equal(0xA8, packet[1]);
        Assert.Equal([0, 0, 0x40, 0], packet[4..8]); // identification 0, do not fragment, offset 0
        Assert.Equal(64, packet[8]);
    }

    [Fact]
    public void The_IPv6_header_says_what_a_replica_is()
    {
        var packet = Frames.Packet(Frames.FlowV6, [], dscp: 0x2a);

        Assert.Equal([0x6A, 0x80, 0, 0], packet[..4]);
        Assert.Equal(64, packet[7]);
    }

    [Fact]
    public void SACK_blocks_that_do_not_fit_are_left_out()
    {
        var options = new TcpOptions { HasTimestamps = true, SackCount = 4 };
        for (var i = 0; i < 4; i++)
            options.Sack[i] = new(new((uint)i), new((uint)i + 1));

        Assert.Equal(DecodeResult.Tcp, Frames.OnRaw(Frames.Packet(Frames.FlowV4, [1], options: options)).Decode(out var packet));

        Assert.Equal(3, packet.Options.SackCount);
        Assert.Equal(1, packet.PayloadLength);
    }

    [Fact]
    public void The_largest_packet_fits_and_a_larger_one_is_refused()
    {
        var largest = Frames.Packet(Frames.FlowV4, new byte[65_495]);

        Assert.Equal(FrameEncoder.MaxPacketLength, largest.Length);
        Assert.Equal(DecodeResult.Tcp, Frames.OnRaw(largest).Decode());
        Assert.Throws<ArgumentException>(() => Frames.Packet(Frames.FlowV4, new byte[65_496]));
    }

    [Fact]
    public void Families_do_not_mix()
    {
        var mixed = new FlowKey(Frames.FlowV4.Client, Frames.FlowV6.Server);

        Assert.Throws<ArgumentException>(() => Frames.Packet(mixed, []));
    }

    private static OutgoingSegment SegmentOf(byte[] payload, TcpOptions options) => new()
    {
        Source = new Segment { Buffer = payload, PayloadLength = payload.Length },
        Length = payload.Length,
        Options = options,
    };

    private static void AssertSame(TcpOptions expected, TcpOptions actual)
    {
        Assert.Equal(
            (expected.Mss, expected.HasWindowScale, expected.WindowScale, expected.SackPermitted),
            (actual.Mss, actual.HasWindowScale, actual.WindowScale, actual.SackPermitted));
        Assert.Equal(
            (expected.HasTimestamps, expected.TimestampValue, expected.TimestampEcho, expected.SackCount),
            (actual.HasTimestamps, actual.TimestampValue, actual.TimestampEcho, actual.SackCount));
        for (var i = 0; i < expected.SackCount; i++)
            Assert.Equal(expected.Sack[i], actual.Sack[i]);
    }

    /// <summary>Which options to set, for a generator to fill.</summary>
    public sealed record Choice(ushort Mss, byte? WindowScale, bool SackPermitted, uint? Timestamp, uint? SackLeft)
    {
        /// <summary>Those of a SYN in a SYN alone, blocks elsewhere alone, as on the wire.</summary>
        public TcpOptions ToOptions(bool isSyn)
        {
            var options = new TcpOptions
            {
                Mss = isSyn ? Mss : (ushort)0,
                HasWindowScale = isSyn && WindowScale is not null,
                WindowScale = isSyn ? (byte)((WindowScale ?? 0) % 15) : (byte)0,
                SackPermitted = isSyn && SackPermitted,
                HasTimestamps = Timestamp is not null,
                TimestampValue = Timestamp ?? 0,
                TimestampEcho = Timestamp * 3 ?? 0,
                SackCount = !isSyn && SackLeft is not null ? (byte)(1 + SackLeft.Value % 3) : (byte)0,
            };
            for (var i = 0; i < options.SackCount; i++)
                options.Sack[i] = new(new(SackLeft!.Value + (uint)i * 100), new(SackLeft.Value + (uint)i * 100 + 50));
            return options;
        }
    }
}
