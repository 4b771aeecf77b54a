using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

public sealed class FrameDecoderTests
{
    private static readonly byte[] Payload = "GET / HTTP/1.1\r\n\r\n"u8.ToArray();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_field_of_a_segment_is_read(bool isV4)
    {
        var options = new TcpOptions { HasTimestamps = true, TimestampValue = 11, TimestampEcho = 22, SackCount = 1 };
        options.Sack[0] = new(new(5_000), new(6_000));
        var frame = Frames.OnEthernet(Frames.Packet(Frames.Flow(isV4), Payload, TcpFlags.Ack | TcpFlags.Psh, options, dscp: 0x2a));

        Assert.Equal(DecodeResult.Tcp, frame.Decode(out var packet));

        Assert.Equal(Frames.Flow(isV4), packet.FlowFromClient);
        Assert.Equal(new SeqNumber(1_000), packet.Sequence);
        Assert.Equal(new SeqNumber(2_000), packet.Acknowledgement);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Psh, packet.Flags);
        Assert.Equal(501, packet.Window);
        Assert.Equal((11u, 22u), (packet.Options.TimestampValue, packet.Options.TimestampEcho));
        Assert.Equal(new SackBlock(new(5_000), new(6_000)), packet.Options.Sack[0]);
        Assert.Equal(Payload.Length, packet.PayloadLength);
        Assert.Equal(Payload, packet.Payload);
        Assert.Equal(Frames.CapturedAt, packet.CapturedAt);
        Assert.Equal(0x2a, packet.Dscp);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_link_type_leads_to_the_packet(bool isV4)
    {
        var packet = Frames.Packet(Frames.Flow(isV4), Payload);
        var type = Frames.EtherType(packet);
        byte family = isV4 ? (byte)2 : (byte)10;
        Frame[] frames =
        [
            Frames.OnEthernet(packet),
            Frames.OnEthernet(packet, 0x8100),
            Frames.OnEthernet(packet, 0x88A8, 0x8100),
            Frames.OnRaw(packet),
            new(packet, 12),
            new([.. new byte[14], .. type, .. packet], 113),
            new([.. new byte[14], 0x81, 0x00, 0x00, 0x64, .. type, .. packet], 113),
            new([.. type, .. new byte[18], .. packet], 276),
            new([family, 0, 0, 0, .. packet], 0),
            new([0, 0, 0, family, .. packet], 0),
            new([0, 0, 0, family, .. packet], 108),
        ];

        Assert.All(frames, frame =>
        {
            Assert.Equal(DecodeResult.Tcp, frame.Decode(out var decoded));
            Assert.Equal(Frames.Flow(isV4), decoded.FlowFromClient);
            Assert.Equal(Payload, decoded.Payload);
        });
    }

    [Fact]
    public void Padding_of_a_short_Ethernet_frame_is_no_payload()
    {
        var packet = Frames.Packet(Frames.FlowV4, [1]);
        var frame = Frames.OnEthernet([.. packet, .. new byte[46 - packet.Length]]);

        Assert.Equal(DecodeResult.Tcp, frame.Decode(out var decoded));
        Assert.Equal(1, decoded.PayloadLength);
    }

    [Fact]
    public void IPv4_options_are_stepped_over()
    {
        var frame = Frames.OnRaw(Frames.WithV4Options(Frames.Packet(Frames.FlowV4, Payload), [1, 1, 1, 0]));

        Assert.Equal(DecodeResult.Tcp, frame.Decode(out var decoded));
        Assert.Equal(Payload, decoded.Payload);
    }

    [Fact]
    public void IPv6_extension_headers_are_stepped_over()
    {
        var frame = Frames.OnRaw(Frames.WithExtensions(
            Frames.Packet(Frames.FlowV6, Payload),
            (0, new byte[8]), (60, [0, 1, .. new byte[14]]), (43, new byte[8]), (60, new byte[8])));

        Assert.Equal(DecodeResult.Tcp, frame.Decode(out var decoded));
        Assert.Equal(Payload, decoded.Payload);
    }

    [Fact]
    public void An_atomic_fragment_is_whole()
    {
        var frame = Frames.OnRaw(Frames.WithExtensions(Frames.Packet(Frames.FlowV6, Payload), (44, [0, 0, 0, 0, 1, 2, 3, 4])));

        Assert.Equal(DecodeResult.Tcp, frame.Decode());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_length_of_zero_means_the_length_of_the_frame(bool isV4)
    {
        var bytes = Frames.Packet(Frames.Flow(isV4), Payload);
        bytes.AsSpan(isV4 ? 2 : 4, 2).Clear();
        byte[] big = [.. bytes, .. new byte[70_000]];

        Assert.Equal(DecodeResult.Tcp, Frames.OnEthernet(big).Decode(out var packet));
        Assert.Equal(Payload.Length + 70_000, packet.PayloadLength);
    }

    [Fact]
    public void A_jumbogram_takes_its_length_from_the_frame()
    {
        // Hop-by-hop header with the jumbo option of RFC 2675: type 0xC2, length 4.
        var bytes = Frames.WithExtensions(Frames.Packet(Frames.FlowV6, new byte[100]), (0, [0, 0, 0xC2, 4, 0, 1, 0x11, 0x70]));
        bytes.AsSpan(4, 2).Clear();
        byte[] big = [.. bytes, .. new byte[70_000]];

        Assert.Equal(DecodeResult.Tcp, Frames.OnEthernet(big).Decode(out var packet));
        Assert.Equal(70_100, packet.PayloadLength);
    }

    [Fact]
    public void Options_of_a_SYN_count_in_a_SYN_alone()
    {
        var options = new TcpOptions { Mss = 1_400, HasWindowScale = true, WindowScale = 7, SackPermitted = true };

        Assert.Equal(DecodeResult.Tcp, Frames.OnRaw(Frames.Packet(Frames.FlowV4, [], TcpFlags.Syn, options)).Decode(out var syn));
        Assert.Equal(DecodeResult.Tcp, Frames.OnRaw(Frames.Packet(Frames.FlowV4, [], TcpFlags.Ack, options)).Decode(out var ack));

        Assert.Equal((1_400, 7, true), (syn.Options.Mss, syn.Options.WindowScale, syn.Options.SackPermitted));
        Assert.Equal((0, false, false), (ack.Options.Mss, ack.Options.HasWindowScale, ack.Options.SackPermitted));
    }

    [Fact]
    public void A_window_scale_beyond_14_is_taken_for_14()
    {
        var options = new TcpOptions { HasWindowScale = true, WindowScale = 200 };

        Assert.Equal(DecodeResult.Tcp, Frames.OnRaw(Frames.Packet(Frames.FlowV4, [], TcpFlags.Syn, options)).Decode(out var packet));
        Assert.Equal(14, packet.Options.WindowScale);
    }

    [Fact]
    public void Other_traffic_is_not_TCP()
    {
        var arp = new Frame([.. new byte[12], 0x08, 0x06, .. new byte[28]], Frames.Ethernet);
        var udpV4 = Frames.OnRaw(Frames.Packet(Frames.FlowV4, Payload)).With(9, 17);
        var udpV6 = Frames.OnRaw(Frames.Packet(Frames.FlowV6, Payload)).With(6, 17);
        var wifi = new Frame(new byte[200], 127);

        Assert.All([arp, udpV4, udpV6, wifi], frame => Assert.Equal(DecodeResult.NotTcp, frame.Decode()));
    }

    [Fact]
    public void Counters_count_by_result()
    {
        var counters = new DecodeCounters();

        counters.Count(DecodeResult.Tcp);
        counters.Count(DecodeResult.Malformed);
        counters.Count(DecodeResult.Malformed);

        Assert.Equal((1, 2, 0, 3), (counters[DecodeResult.Tcp], counters[DecodeResult.Malformed], counters[DecodeResult.Fragment], counters.Total));
    }
}
