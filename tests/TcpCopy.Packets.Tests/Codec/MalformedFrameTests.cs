using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>Each way in which a frame can be wrong, by name.</summary>
public sealed class MalformedFrameTests
{
    private const int TcpOfV4 = 20;
    private const int TcpOfV6 = 40;

    private static readonly Frame V4 = Frames.OnRaw(Frames.Packet(Frames.FlowV4, new byte[10]));
    private static readonly Frame V6 = Frames.OnRaw(Frames.Packet(Frames.FlowV6, new byte[10]));

    public static TheoryData<string, DecodeResult> Cases => new(Named.Select(pair => (pair.Key, pair.Value.Expected)));

    /// <summary>All of them, to begin other damage with.</summary>
    internal static IEnumerable<Frame> NastyFrames => Named.Values.Select(pair => pair.Frame);

    private static Dictionary<string, (Frame Frame, DecodeResult Expected)> Named { get; } = new()
    {
        ["nothing captured"] = (new([], Frames.Ethernet), DecodeResult.Malformed),
        ["Ethernet header cut short"] = (new(new byte[13], Frames.Ethernet), DecodeResult.Malformed),
        ["VLAN tag cut short"] = (new([.. new byte[12], 0x81, 0x00, 0x00], Frames.Ethernet), DecodeResult.Malformed),
        ["cooked header cut short"] = (new(new byte[15], 113), DecodeResult.Malformed),
        ["second cooked header cut short"] = (new(new byte[19], 276), DecodeResult.Malformed),
        ["IPv4 header cut short"] = (V4.CutTo(19), DecodeResult.Malformed),
        ["IPv4 header length below minimum"] = (V4.With(0, 0x44), DecodeResult.Malformed),
        ["IPv4 header length past the end"] = (V4.With(0, 0x4F), DecodeResult.Malformed),
        ["IPv4 total length below header length"] = (V4.With(3, 19), DecodeResult.Malformed),
        ["IPv4 total length beyond the frame"] = (V4.With(3, 51), DecodeResult.Malformed),
        ["IPv4 type with an IPv6 header"] = (new([.. new byte[12], 0x08, 0x00, .. V6.Bytes], Frames.Ethernet), DecodeResult.Malformed),
        ["IPv4 first fragment"] = (V4.With(6, 0x20), DecodeResult.Fragment),
        ["IPv4 later fragment"] = (V4.With(7, 0x10), DecodeResult.Fragment),
        ["IPv6 header cut short"] = (V6.CutTo(39), DecodeResult.Malformed),
        ["IPv6 payload length beyond the frame"] = (V6.With(5, 31), DecodeResult.Malformed),
        ["IPv6 first fragment"] = (Extended(44, [0, 0, 0, 1, 0, 0, 0, 9]), DecodeResult.Fragment),
        ["IPv6 later fragment"] = (Extended(44, [0, 0, 1, 0, 0, 0, 0, 9]), DecodeResult.Fragment),
        ["IPv6 extension header past the end"] = (Extended(60, [0, 200, 0, 0, 0, 0, 0, 0]), DecodeResult.Malformed),
        ["IPv6 extension header cut short"] = (Extended(60, new byte[8]).CutTo(44), DecodeResult.Malformed),
        ["TCP header cut short by the capture"] = (V4.CutTo(TcpOfV4 + 19), DecodeResult.Malformed),
        ["TCP header beyond the IP length"] = (V4.With(3, TcpOfV4 + 19), DecodeResult.Malformed),
        ["TCP header length below minimum"] = (V4.With(TcpOfV4 + 12, 0x40), DecodeResult.Malformed),
        ["TCP header length below minimum on IPv6"] = (V6.With(TcpOfV6 + 12, 0x00), DecodeResult.Malformed),
        ["TCP header length past the end"] = (V4.With(TcpOfV4 + 12, 0xF0), DecodeResult.Malformed),
        ["TCP options cut short by the capture"] = (WithOption(8, 10).CutTo(TcpOfV4 + 26), DecodeResult.Malformed),
        ["option length 0"] = (WithOption(8, 0), DecodeResult.Malformed),
        ["option length 1"] = (WithOption(8, 1), DecodeResult.Malformed),
        ["option length past the end"] = (WithOption(8, 13), DecodeResult.Malformed),
        ["option without its length"] = (WithLastOptionByte(8), DecodeResult.Malformed),
        ["known option of the wrong length is passed over"] = (WithOption(8, 9), DecodeResult.Tcp),
        ["payload cut short"] = (V4.CutTo(TcpOfV4 + 25), DecodeResult.Truncated),
        ["payload not captured at all"] = (V6.CutTo(TcpOfV6 + 20), DecodeResult.Truncated),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_told_apart(string name, DecodeResult expected)
    {
        Assert.Equal(expected, Named[name].Frame.Decode());
    }

    [Fact]
    public void What_cannot_be_used_leaves_nothing_to_use()
    {
        V4.With(TcpOfV4 + 12, 0xF0).Decode(out var packet);

        Assert.Equal(default, packet.Source);
        Assert.True(packet.Payload.IsEmpty);
    }

    [Fact]
    public void A_truncated_segment_says_how_much_there_was()
    {
        Assert.Equal(DecodeResult.Truncated, V4.CutTo(TcpOfV4 + 25).Decode(out var packet));
        Assert.Equal((10, 5), (packet.PayloadLength, packet.Payload.Length));
        Assert.Equal(Frames.FlowV4, packet.FlowFromClient);
    }

    private static Frame Extended(byte number, byte[] header) =>
        Frames.OnRaw(Frames.WithExtensions(Frames.Packet(Frames.FlowV6, new byte[10]), (number, header)));

    /// <summary>Twelve bytes of options: NOPs, but for the first option's kind and length.</summary>
    private static Frame WithOption(byte kind, byte length)
    {
        var frame = Frames.OnRaw(Frames.Packet(Frames.FlowV4, new byte[10], TcpFlags.Ack, new() { HasTimestamps = true }));
        for (var i = 0; i < 12; i++)
            frame = frame.With(TcpOfV4 + 20 + i, 1);
        return frame.With(TcpOfV4 + 20, kind).With(TcpOfV4 + 21, length);
    }

    private static Frame WithLastOptionByte(byte kind) => WithOption(1, 1).With(TcpOfV4 + 31, kind);
}
