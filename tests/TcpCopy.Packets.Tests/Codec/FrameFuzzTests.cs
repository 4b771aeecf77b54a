using TcpCopy.Testing.Fuzzing;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>Frames of every link type, damaged: none throws, none is read beyond its end, and none costs an allocation.</summary>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    /// <summary>Sound ones, and those that are wrong in one way already.</summary>
    private static readonly Frame[] Seeds = [.. FrameDecoderProperties.RealFrames, .. MalformedFrameTests.NastyFrames, .. Unmeasured];

    /// <summary>Super-segments, of which IP's own length is 0 (BIG TCP), and a jumbogram (RFC 2675).</summary>
    private static IEnumerable<Frame> Unmeasured
    {
        get
        {
            yield return Frames.OnRaw(Frames.Packet(Frames.FlowV4, new byte[60])).With(3, 0);
            yield return Frames.OnRaw(Frames.Packet(Frames.FlowV6, new byte[60])).With(5, 0);
            var jumbo = Frames.WithExtensions(Frames.Packet(Frames.FlowV6, new byte[60]), (0, [0, 0, 0xC2, 4, 0, 1, 0x11, 0x70]));
            yield return Frames.OnRaw(jumbo).With(5, 0);
        }
    }

    [Fact]
    public void No_frame_breaks_the_decoder() => output.WriteLine(Fuzz.Run(300_000, Decode));

    private static void Decode(Random random)
    {
        var real = Seeds[random.Next(Seeds.Length)];
        var bytes = Mutation.Of(real.Bytes, Seeds[random.Next(Seeds.Length)].Bytes, random);
        var frame = new Frame(bytes, random.Next(10) == 0 ? FrameDecoderProperties.LinkTypes[random.Next(8)] : real.LinkType)
        {
            // What libpcap says of the length on the wire is believed no more than the rest.
            WireLength = random.Next(4) switch
            {
                0 => random.Next(int.MinValue, int.MaxValue),
                1 => bytes.Length + random.Next(70_000),
                2 => random.Next(100),
                _ => null,
            },
        };
        FrameDecoderProperties.CheckInvariants(frame);

        Assert.Equal(0, Allocations.Of(frame, static frame => frame.Decode(out _)));
    }
}
