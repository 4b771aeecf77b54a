using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Sends replicas through raw IP sockets, one a family, opened when first needed. Packets go to the kernel in batches of up to 64
/// (<c>sendmmsg</c>), in the order in which they were queued.
/// </summary>
public sealed unsafe class RawIpSender : IFrameSender
{
    public const int DefaultSendBufferBytes = 8 * 1024 * 1024;

    private readonly byte _dscp;
    private readonly SendFailureHandler _onFailure;
    private readonly int _sendBufferBytes;
    private readonly PacketBatch _batch = new();
    private readonly Queue<(object? Tag, int Errno)> _failures = new(PacketBatch.Capacity);
    private RawSocket? _v4;
    private RawSocket? _v6;
    private bool _disposed;

    /// <param name="dscp">0 to 63: the mark in every packet.</param>
    /// <param name="onFailure">
    /// Called in the sender's thread, from within <see cref="Flush"/> or <see cref="Queue"/>, after the batch has gone. It may queue.
    /// </param>
    /// <param name="sendBufferBytes">Kernel send buffer of each socket.</param>
    public RawIpSender(byte dscp, SendFailureHandler onFailure, int sendBufferBytes = DefaultSendBufferBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dscp, (byte)63);
        (_dscp, _onFailure, _sendBufferBytes) = (dscp, onFailure, sendBufferBytes);
    }

    public SendCounters Counters { get; } = new();

    /// <summary>Opens the socket for a target now, so that a lack of privilege shows at start and not at the first packet.</summary>
    /// <exception cref="SendException">No privilege, or no such family on this host.</exception>
    public void Prepare(HostAddress target) => SocketFor(target.IsV4);

    /// <exception cref="SendException">As for <see cref="Prepare"/>, at the first packet of a family.</exception>
    public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag)
    {
        var target = replica.Server.Address;
        SocketFor(target.IsV4);
        var length = FrameEncoder.LengthOf(replica, segment);
        if (length > FrameEncoder.MaxPacketLength)
        {
            // What the kernel would say; the session takes it as any other refusal.
            Fail(tag, Errno.EMSGSIZE);
            return;
        }
        if (!_batch.HasRoomFor(target.IsV4, length))
            Flush();
        FrameEncoder.Encode(_batch.Reserve(length), replica, segment, _dscp);
        _batch.Add(length, target, tag);
        if (_batch.Count == PacketBatch.Capacity)
            Flush();
    }

    public void Flush()
    {
        if (_batch.Count > 0)
            SendBatch(SocketFor(_batch.IsV4));
        while (_failures.TryDequeue(out var failure))
            _onFailure(failure.Tag, failure.Errno);
    }

    public void Dispose()
    {
        _disposed = true;
        _v4?.Dispose();
        _v6?.Dispose();
        _batch.Dispose();
    }

    /// <summary>
    /// <c>sendmmsg</c> stops at a packet that the kernel refuses and tells its errno only when it is the first of a call: so the call is
    /// repeated from there, the refused packet skipped, and the rest sent.
    /// </summary>
    private void SendBatch(RawSocket socket)
    {
        var next = 0;
        while (next < _batch.Count)
        {
            var sent = socket.Send(_batch.Messages + next, _batch.Count - next, out var errno);
            if (sent > 0)
                CountSent(next, sent);
            else if (errno == Errno.EINTR)
                continue;
            else
                Fail(_batch.TagOf(next), errno);
            next += Math.Max(sent, 1);
        }
        _batch.Clear();
    }

    private void CountSent(int first, int count)
    {
        var bytes = 0L;
        for (var i = first; i < first + count; i++)
            bytes += _batch.LengthOf(i);
        Counters.CountSent(count, bytes);
    }

    private void Fail(object? tag, int errno)
    {
        Counters.CountFailure(errno);
        _failures.Enqueue((tag, errno));
    }

    private RawSocket SocketFor(bool isV4)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return isV4
            ? _v4 ??= RawSocket.Open(isV4: true, _sendBufferBytes)
            : _v6 ??= RawSocket.Open(isV4: false, _sendBufferBytes);
    }
}
