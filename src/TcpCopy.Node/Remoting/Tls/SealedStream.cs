using System.Threading.Tasks.Sources;

namespace TcpCopy.Node.Remoting.Tls;

/// <summary>
/// What .NET's TLS takes for its network: two buffers in memory, which the loop fills from the socket and empties into it. Writing never waits. A read
/// that finds nothing goes on inside <see cref="Announce"/>, on the thread that calls it, so that TLS never leaves the loop. Loop thread only.
/// </summary>
internal sealed class SealedStream : Stream, IValueTaskSource<int>
{
    private const int FirstBufferBytes = 16 * 1024;

    // Continues whoever waits at once and on the same thread: that is its default, and what everything here rests on.
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _room;
    private bool _isReading;
    private bool _isOver;

    /// <summary>Came from the peer, not yet opened.</summary>
    public FrameBuffer Received { get; } = new(FirstBufferBytes);

    /// <summary>Sealed for the peer, not yet sent.</summary>
    public FrameBuffer ToSend { get; } = new(FirstBufferBytes);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Says that <see cref="Received"/> holds more.</summary>
    public void Announce()
    {
        if (!_isReading || (Received.Count == 0 && !_isOver))
            return;
        _isReading = false;
        _read.SetResult(Take(_room.Span));
    }

    /// <summary>Says that nothing will come any more.</summary>
    public void EndOfInput()
    {
        _isOver = true;
        Announce();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Received.Count > 0 || _isOver)
            return new ValueTask<int>(Take(buffer.Span));
        (_isReading, _room) = (true, buffer);
        _read.Reset();
        return new ValueTask<int>(this, _read.Version);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>TLS reads here without waiting in no case, and the loop must never wait.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        buffer.CopyTo(ToSend.Reserve(buffer.Length));
        ToSend.Commit(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private int Take(Span<byte> room)
    {
        var count = Math.Min(room.Length, Received.Count);
        Received.Filled[..count].CopyTo(room);
        Received.Consume(count);
        return count;
    }
}
