using System.IO.Pipes;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Writes one frame of raw IP; returns its length.</summary>
internal delegate int FrameComposer(int index, Span<byte> frame);

/// <summary>
/// A capture whose frames are made while it is drained, in one buffer: a million of them take no memory, and nothing is allocated. Readable through a pipe
/// as a real one is through its descriptor.
/// </summary>
internal sealed class SyntheticCapture : ICaptureSource
{
    private const int LinkTypeRawIp = 101;

    private readonly AnonymousPipeServerStream _write = new(PipeDirection.Out);
    private readonly AnonymousPipeClientStream _read;
    private readonly byte[] _frame = new byte[64 * 1024];
    private FrameComposer _compose = (_, _) => 0;
    private int _next;
    private int _end;
    private long _delivered;

    public SyntheticCapture() => _read = new AnonymousPipeClientStream(PipeDirection.In, _write.ClientSafePipeHandle);

    public string Name => "synthetic";

    public int FileDescriptor => (int)_read.SafePipeHandle.DangerousGetHandle();

    public CaptureStatistics Statistics => new(_delivered, 0, 0);

    /// <summary>Has the frames of these numbers captured. Those put before must be drained: what they brought about was seen.</summary>
    public void Put(int first, int count, FrameComposer compose)
    {
        (_compose, _next, _end) = (compose, first, first + count);
        _write.WriteByte(1);
    }

    public int Drain(int limit, FrameHandler handler)
    {
        var end = Math.Min(_end, _next + limit);
        var count = end - _next;
        var now = Instant.FromUtc(DateTime.UtcNow);
        // Before the last frame is handed over: what it brings about may put the next ones.
        if (end == _end && count > 0)
            _read.ReadByte();
        for (var index = end - count; index < end; index++)
        {
            _next = index + 1;
            var length = _compose(index, _frame);
            handler(new CapturedFrame(_frame.AsSpan(0, length), length, LinkTypeRawIp, now));
        }
        _delivered += count;
        return count;
    }

    public void Dispose()
    {
        _read.Dispose();
        _write.Dispose();
    }
}
