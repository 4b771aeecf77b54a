using TcpCopy.Testing.Fuzzing;
using Xunit;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>Frames of every link type, damaged: none throws, none is read beyond its end, and none costs an allocation.</summary>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void No_frame_breaks_the_decoder() => output.WriteLine(Fuzz.Run(300_000, Decode));

    private static void Decode(Random random)
    {
        var frames = FrameDecoderProperties.RealFrames;
        var real = frames[random.Next(frames.Length)];
        var bytes = Mutation.Of(real.Bytes, frames[random.Next(frames.Length)].Bytes, random);
        var frame = new Frame(bytes, random.Next(10) == 0 ? FrameDecoderProperties.LinkTypes[random.Next(8)] : real.LinkType)
        {
            // What libpcap says of the length on the wire is believed no more than the rest.
            WireLength = random.Next(4) switch { 0 => random.Next(), 1 => bytes.Length + random.Next(70_000), 2 => random.Next(100), _ => null },
        };
        FrameDecoderProperties.CheckInvariants(frame);

        var before = GC.GetAllocatedBytesForCurrentThread();
        frame.Decode(out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
