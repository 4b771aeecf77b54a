using System.Buffers.Binary;
using SharpPcap;
using SharpPcap.LibPcap;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Tests.Codec;
using TcpCopy.Testing.Fuzzing;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

/// <summary>
/// Capture records with lengths and times that lie, drained from libpcap as from a device: each is decoded or refused, none throws, and none is taken for
/// longer than it is.
/// </summary>
public sealed class RecordFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int FileHeaderLength = 24;
    private const int RecordHeaderLength = 16;
    private const int MostRecords = 12;
    private const int SnapLength = 262_144;

    /// <summary>Around zero, the smallest headers, the snap length, sign bits and the largest number there is.</summary>
    private static readonly uint[] Lies = [0, 1, 13, 14, 33, 34, 53, 54, 255, 65_535, 65_536, 262_143, 262_144, 262_145, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];

    private readonly FrameHandler _check = Check;
    private readonly ScratchDirectory _scratch = new();

    [Fact]
    public void No_record_breaks_the_capture() => output.WriteLine(Fuzz.Run(1_000, Replay));

    public void Dispose() => _scratch.Dispose();

    private void Replay(Random random)
    {
        var file = _scratch.At("records.pcap");
        var records = Records(random);
        var bytes = random.Next(3) == 0 ? Mutation.Of(records, records, random) : records;
        File.WriteAllBytes(file, bytes);
        try
        {
            using var device = new CaptureFileReaderDevice(file);
            device.Open();
            using var capture = new LiveCapture(device, PcapNative.Instance);
            var count = capture.Drain(int.MaxValue, _check);
            // A damaged length may make two records of one; never of a byte.
            Assert.InRange(count, 0, bytes.Length / RecordHeaderLength);
        }
        catch (Exception refusal) when (refusal is PcapException or CaptureException)
        {
            // libpcap does not take it for a capture file, or not to its end, as it should.
        }
    }

    private static void Check(in CapturedFrame frame)
    {
        var result = FrameDecoder.Decode(frame, out var packet);
        Assert.Equal(0, Allocations.Of(frame, static frame => FrameDecoder.Decode(frame, out _)));
        Assert.True(packet.Payload.IsEmpty || frame.Bytes.Overlaps(packet.Payload), "the payload is a part of the record");
        if (result == DecodeResult.Tcp)
            Assert.Equal(packet.PayloadLength, packet.Payload.Length);
        if (frame.Bytes.Length < packet.PayloadLength)
            Assert.Equal(DecodeResult.Truncated, result);
    }

    /// <summary>A file as a capture writes it, but for what its records say of their lengths and times.</summary>
    private static byte[] Records(Random random)
    {
        var seeds = FrameDecoderProperties.RealFrames.Concat(MalformedFrameTests.NastyFrames).ToArray();
        var linkType = seeds[random.Next(seeds.Length)].LinkType;
        var file = new List<byte>(FileHeaderLength);
        Append(file, 0xA1B2_C3D4, 0x0004_0002, 0, 0, SnapLength, (uint)linkType);
        for (var count = random.Next(1, MostRecords); count > 0; count--)
        {
            var frame = seeds[random.Next(seeds.Length)].Bytes;
            var captured = random.Next(6) == 0 ? Lie(random) : (uint)frame.Length;
            var original = random.Next(3) switch { 0 => Lie(random), 1 => captured + (uint)random.Next(2_000), _ => (uint)frame.Length };
            Append(file, random.Next(8) == 0 ? Lie(random) : 1_700_000_000, random.Next(8) == 0 ? Lie(random) : 123_456, captured, original);
            file.AddRange(frame);
        }
        return [.. file];
    }

    private static uint Lie(Random random) => Lies[random.Next(Lies.Length)];

    private static void Append(List<byte> file, params uint[] numbers)
    {
        var word = new byte[4];
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(word, number);
            file.AddRange(word);
        }
    }
}
