using System.Collections.Concurrent;
using System.IO.Pipes;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Copier.Tests.Fakes;

/// <summary>A capture source whose frames a test writes: raw IP, readable through a pipe like a real descriptor.</summary>
internal sealed class FrameFeed : ICaptureSource
{
    private const int LinkTypeRawIp = 101;

    private readonly AnonymousPipeServerStream _write = new(PipeDirection.Out);
    private readonly AnonymousPipeClientStream _read;
    private readonly ConcurrentQueue<byte[]> _frames = new();

    public FrameFeed() => _read = new AnonymousPipeClientStream(PipeDirection.In, _write.ClientSafePipeHandle);

    public string Name => "feed";

    public int FileDescriptor => (int)_read.SafePipeHandle.DangerousGetHandle();

    public CaptureStatistics Statistics => new(Delivered, 0, 0);

    public int Delivered { get; private set; }

    /// <summary>Stamps a frame when it is drained; by itself a frame is a microsecond younger than the one before.</summary>
    public Func<Instant>? Stamp { get; set; }

    /// <summary>Thrown at the next drain, once.</summary>
    public CaptureException? Failure { get; set; }

    /// <summary>A packet of the client, as the capture sees it.</summary>
    public void Client(FlowKey flow, in OutgoingSegment segment) => Raw(Encode(flow, segment));

    /// <summary>Several packets of the client that one drain finds together.</summary>
    public void ClientAtOnce(FlowKey flow, params ReadOnlySpan<OutgoingSegment> segments)
    {
        foreach (var segment in segments)
            _frames.Enqueue(Encode(flow, segment));
        foreach (var _ in segments)
            _write.WriteByte(1);
    }

    /// <summary>Packets of several flows, or both ways of one, that one drain finds together.</summary>
    public void AtOnce(params (FlowKey Flow, OutgoingSegment Segment)[] packets)
    {
        foreach (var (flow, segment) in packets)
            _frames.Enqueue(Encode(flow, segment));
        foreach (var _ in packets)
            _write.WriteByte(1);
    }

    public void Raw(byte[] frame)
    {
        _frames.Enqueue(frame);
        _write.WriteByte(1);
    }

    private static byte[] Encode(FlowKey flow, in OutgoingSegment segment)
    {
        var frame = new byte[FrameEncoder.LengthOf(flow, segment)];
        FrameEncoder.Encode(frame, flow, segment, dscp: 0);
        return frame;
    }

    public int Drain(int limit, FrameHandler handler)
    {
        if (Failure is { } failure)
        {
            Failure = null;
            throw failure;
        }
        var count = 0;
        while (count < limit && _frames.TryDequeue(out var bytes))
        {
            _read.ReadByte();
            Delivered++;
            handler(new CapturedFrame(bytes, bytes.Length, LinkTypeRawIp, Stamp?.Invoke() ?? Instant.FromMicroseconds(Delivered)));
            count++;
        }
        return count;
    }

    public void Dispose()
    {
        // The test owns the pipe and may open the feed again.
    }

    public void Close()
    {
        _read.Dispose();
        _write.Dispose();
    }
}
