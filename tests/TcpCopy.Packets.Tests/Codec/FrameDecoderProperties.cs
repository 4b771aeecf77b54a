using FsCheck.Xunit;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>Whatever the bytes, decoding neither throws nor reads beyond them, and has exactly one result.</summary>
public sealed class FrameDecoderProperties
{
    internal static readonly int[] LinkTypes = [0, 1, 12, 101, 108, 113, 276, 9_999];

    private static readonly TcpOptions AllOptions = new()
    {
        Mss = 1_460, HasWindowScale = true, WindowScale = 7, SackPermitted = true, HasTimestamps = true, TimestampValue = 1, TimestampEcho = 2,
    };

    internal static readonly Frame[] RealFrames =
    [
        Frames.OnEthernet(Frames.Packet(Frames.FlowV4, new byte[60])),
        Frames.OnEthernet(Frames.Packet(Frames.FlowV4, [], TcpFlags.Syn, AllOptions)),
        Frames.OnEthernet(Frames.Packet(Frames.FlowV6, [], TcpFlags.Syn, AllOptions), 0x88A8, 0x8100),
        Frames.OnRaw(Frames.WithV4Options(Frames.Packet(Frames.FlowV4, new byte[60]), new byte[40])),
        Frames.OnRaw(Frames.WithExtensions(
            Frames.Packet(Frames.FlowV6, new byte[60]), (0, new byte[8]), (43, new byte[8]), (44, new byte[8]), (60, new byte[8]))),
        new([.. new byte[14], 0x08, 0x00, .. Frames.Packet(Frames.FlowV4, new byte[60])], 113),
        new([0x86, 0xDD, .. new byte[18], .. Frames.Packet(Frames.FlowV6, new byte[60])], 276),
        new([2, 0, 0, 0, .. Frames.Packet(Frames.FlowV4, new byte[60])], 0),
    ];

    [Property(MaxTest = 3_000)]
    public void Random_bytes_never_break_it(byte[] bytes, byte linkType, int wireLength) =>
        CheckInvariants(new Frame(bytes, LinkTypes[linkType % LinkTypes.Length]) { WireLength = wireLength });

    [Property(MaxTest = 3_000)]
    public void Random_bytes_behind_a_plausible_IP_version_never_break_it(byte[] bytes, bool isV4, byte protocol)
    {
        byte[] packet = [(byte)(isV4 ? 0x45 : 0x60), .. bytes];
        // The protocol too, in half of the cases: else hardly a packet would reach the inner parts.
        if (packet.Length > 9 && protocol % 2 == 0)
            packet[isV4 ? 9 : 6] = 6;
        CheckInvariants(Frames.OnRaw(packet));
    }

    [Property(MaxTest = 10_000)]
    public void Mutated_real_frames_never_break_it(byte which, (byte Offset, byte Value)[] edits, byte cut)
    {
        var real = RealFrames[which % RealFrames.Length];
        var bytes = real.Bytes.ToArray();
        foreach (var (offset, value) in edits)
            bytes[offset % bytes.Length] = value;
        // Every third frame is cut too, wherever.
        var length = cut % 3 == 0 ? cut * bytes.Length / 256 : bytes.Length;
        CheckInvariants(real with { Bytes = bytes[..length], WireLength = bytes.Length });
    }

    [Property(MaxTest = 3_000)]
    public void Random_TCP_options_never_break_it(byte[] options)
    {
        var padded = options.Take(40).ToArray();
        Array.Resize(ref padded, (padded.Length + 3) / 4 * 4);
        var packet = Frames.Packet(Frames.FlowV4, padded, TcpFlags.Syn);
        packet[20 + 12] = (byte)((5 + padded.Length / 4) << 4);
        var frame = Frames.OnRaw(packet);

        CheckInvariants(frame);
        Assert.True(frame.Decode() is DecodeResult.Tcp or DecodeResult.Malformed);
    }

    internal static void CheckInvariants(Frame frame)
    {
        var counters = new DecodeCounters();
        var result = frame.Decode(out var packet);
        counters.Count(result);

        Assert.Equal(1, counters[result]);
        Assert.Equal(1, counters.Total);
        Assert.True(packet.Payload.IsEmpty || frame.Bytes.AsSpan().Overlaps(packet.Payload), "the payload is a part of the frame");
        switch (result)
        {
            case DecodeResult.Tcp:
                Assert.Equal(packet.PayloadLength, packet.Payload.Length);
                break;
            case DecodeResult.Truncated:
                Assert.True(packet.Payload.Length < packet.PayloadLength);
                break;
            default:
                Assert.True(packet.Payload.IsEmpty && packet.PayloadLength == 0 && packet.Source == default);
                break;
        }
        Assert.InRange(packet.Options.SackCount, 0, TcpOptions.MaxSackBlocks);
        Assert.InRange(packet.Options.WindowScale, 0, TcpOptions.MaxWindowScale);
    }
}
