using System.Collections.Concurrent;
using System.IO.Pipes;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Interceptor.Tests.Fakes;

/// <summary>A tap whose frames a test writes: raw IP, readable through a pipe like a real descriptor. It may be opened again and again.</summary>
internal sealed class TapFeed : ICaptureSource
{
    private readonly AnonymousPipeServerStream _write = new(PipeDirection.Out);
    private readonly AnonymousPipeClientStream _read;
    private readonly ConcurrentQueue<byte[]> _frames = new();
    private int _opened;

    public TapFeed() => _read = new AnonymousPipeClientStream(PipeDirection.In, _write.ClientSafePipeHandle);

    public string Name => "feed";

    public int FileDescriptor => (int)_read.SafePipeHandle.DangerousGetHandle();

    public CaptureStatistics Statistics => new(0, Dropped: 7, 0);

    public int Opened => _opened;

    /// <summary>Thrown by the next drain.</summary>
    public Exception? FailDrain { get; set; }

    /// <summary>Thrown by every opening.</summary>
    public Exception? FailOpen { get; set; }

    public ICaptureSource Open()
    {
        Interlocked.Increment(ref _opened);
        return FailOpen is { } failure ? throw failure : this;
    }

    public void Reply(FlowKey replica, uint sequence) => Raw(Frames.Reply(replica, sequence));

    public void Raw(byte[] frame)
    {
        _frames.Enqueue(frame);
        _write.WriteByte(1);
    }

    public int Drain(int limit, FrameHandler handler)
    {
        if (FailDrain is { } failure)
        {
            FailDrain = null;
            throw failure;
        }
        var count = 0;
        for (; count < limit && _frames.TryDequeue(out var bytes); count++)
        {
            _read.ReadByte();
            handler(Frames.Captured(bytes));
        }
        return count;
    }

    public void Dispose()
    {
        // The pipe is the test's, which may open the tap again.
    }

    public void Close()
    {
        _read.Dispose();
        _write.Dispose();
    }
}

internal static class Frames
{
    private const int LinkTypeRawIp = 101;

    /// <summary>A replica told from others by its number.</summary>
    public static FlowKey Replica(int number) => new(
        new Endpoint(HostAddress.FromV4(0xC000_0200u + (uint)number), 40_000),
        new Endpoint(HostAddress.Parse("10.77.0.3"), 8080));

    /// <summary>What the target sends to the replica.</summary>
    public static byte[] Reply(FlowKey replica, uint sequence, uint acknowledged = 0) => Encode(
        new FlowKey(replica.Server, replica.Client),
        new OutgoingSegment { Sequence = new SeqNumber(sequence), Acknowledgement = new SeqNumber(acknowledged), Flags = TcpFlags.Ack, Window = 500 });

    /// <summary>The target's answer to a SYN.</summary>
    public static byte[] SynAck(FlowKey replica, uint acknowledged) => Encode(
        new FlowKey(replica.Server, replica.Client),
        new OutgoingSegment { Acknowledgement = new SeqNumber(acknowledged), Flags = TcpFlags.Syn | TcpFlags.Ack, Window = 500 });

    /// <summary>The same with payload.</summary>
    public static byte[] Reply(FlowKey replica, uint sequence, byte[] payload) => Encode(
        new FlowKey(replica.Server, replica.Client),
        new OutgoingSegment
        {
            Sequence = new SeqNumber(sequence),
            Flags = TcpFlags.Ack,
            Source = new Segment { Buffer = payload, PayloadLength = payload.Length },
            Length = payload.Length,
        });

    /// <summary>What a real client answers to a reply that is none of its.</summary>
    public static byte[] Reset(FlowKey replica) => Encode(replica, new OutgoingSegment { Flags = TcpFlags.Rst });

    private static byte[] Encode(FlowKey flow, OutgoingSegment segment)
    {
        var frame = new byte[FrameEncoder.LengthOf(flow, segment)];
        FrameEncoder.Encode(frame, flow, segment, dscp: 0);
        return frame;
    }

    public static CapturedFrame Captured(byte[] frame, int? originalLength = null, Instant capturedAt = default) =>
        new(frame, originalLength ?? frame.Length, LinkTypeRawIp, capturedAt);
}
