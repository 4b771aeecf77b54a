using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Sends replicas through raw IP sockets, one a family, opened when first needed. Packets go to the kernel in batches of up to 64
/// (<c>sendmmsg</c>), those to one target in the order in which they were queued. With a <see cref="LinkLayer"/> they go past IP where that is possible, and
/// by IP where it is not.
/// </summary>
public sealed unsafe class RawSocketSender : IFrameSender
{
    public const int DefaultSendBufferBytes = 8 * 1024 * 1024;

    private readonly byte _dscp;
    private readonly SendFailureHandler _onFailure;
    private readonly int _sendBufferBytes;
    private readonly Queue<(object? Tag, int Errno)> _failures = new(PacketBatch.Capacity);
    private readonly LinkLayer? _link;
    private PacketBatch? _v4;
    private PacketBatch? _v6;
    private bool _disposed;

    /// <param name="dscp">0 to 63: the mark in every packet.</param>
    /// <param name="onFailure">
    /// Called in the sender's thread, from within <see cref="Flush"/> or <see cref="Queue"/>, after the batches have gone. It may queue.
    /// </param>
    /// <param name="sendBufferBytes">Kernel send buffer of each socket.</param>
    /// <param name="link">The way past IP, taken where it is known; disposed with the sender. Null: all goes by IP.</param>
    public RawSocketSender(byte dscp, SendFailureHandler onFailure, int sendBufferBytes = DefaultSendBufferBytes, LinkLayer? link = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dscp, (byte)63);
        (_dscp, _onFailure, _sendBufferBytes, _link) = (dscp, onFailure, sendBufferBytes, link);
    }

    public SendCounters Counters { get; } = new();

    /// <summary>Opens the socket for a target now, so that a lack of privilege shows at start and not at the first packet.</summary>
    /// <exception cref="SendException">No privilege, or no such family on this host.</exception>
    public void Prepare(HostAddress target) => BatchByIp(target);

    /// <exception cref="SendException">As for <see cref="Prepare"/>, at the first packet of a family.</exception>
    public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag)
    {
        var batch = BatchFor(replica.Server.Address, out var address);
        var length = FrameEncoder.LengthOf(replica, segment);
        if (length > FrameEncoder.MaxPacketLength)
        {
            // What the kernel would say; the session takes it as any other refusal.
            Fail(tag, Errno.EMSGSIZE);
            return;
        }
        // Whoever is told of a failure by the flush may queue.
        while (!batch.HasRoomFor(length))
            Flush();
        FrameEncoder.Encode(batch.Reserve(length), replica, segment, _dscp);
        batch.Add(address, length, tag);
        if (batch.Count == PacketBatch.Capacity)
            Flush();
    }

    /// <remarks>By IP first: a target's packets change over to the link layer in mid-batch, and back only between two.</remarks>
    public void Flush()
    {
        Send(_v4);
        Send(_v6);
        Send(_link?.Batch);
        while (_failures.TryDequeue(out var failure))
            _onFailure(failure.Tag, failure.Errno);
    }

    public void Dispose()
    {
        _disposed = true;
        _v4?.Dispose();
        _v6?.Dispose();
        _link?.Dispose();
    }

    /// <summary>
    /// <c>sendmmsg</c> stops at a packet that the kernel refuses and tells its errno only when it is the first of a call: so the call is
    /// repeated from there, the refused packet skipped, and the rest sent.
    /// </summary>
    private void Send(PacketBatch? batch)
    {
        var next = 0;
        while (next < batch?.Count)
        {
            var sent = batch.Socket.Send(batch.Messages + next, batch.Count - next, out var errno);
            if (sent > 0)
            {
                CountSent(batch, next, sent, pastIp: batch == _link?.Batch);
                next += sent;
            }
            else if (errno == Errno.EINTR)
                continue;
            else if (batch == _link?.Batch)
            {
                SendByIp(batch, next);
                break;
            }
            else
                Fail(batch.TagOf(next++), errno);
        }
        batch?.Clear();
    }

    /// <summary>
    /// What a device has no room for waits in its queue, and what goes to one that is gone finds another way; all that is behind it goes by IP too, or it would
    /// overtake.
    /// </summary>
    private void SendByIp(PacketBatch batch, int first)
    {
        for (var index = first; index < batch.Count; index++)
        {
            var target = FrameEncoder.DestinationOf(batch.PacketAt(index));
            _link!.Distrust(target);
            batch.SetAddress(index, SocketAddress.OfHost(target));
            if (BatchByIp(target).Socket.Send(batch.Messages + index, 1, out var errno) > 0)
                CountSent(batch, index, 1, pastIp: false);
            else
                Fail(batch.TagOf(index), errno);
        }
    }

    private void CountSent(PacketBatch batch, int first, int count, bool pastIp)
    {
        var bytes = 0L;
        for (var i = first; i < first + count; i++)
            bytes += batch.LengthOf(i);
        Counters.CountSent(count, bytes, pastIp);
    }

    private void Fail(object? tag, int errno)
    {
        Counters.CountFailure(errno);
        _failures.Enqueue((tag, errno));
    }

    private PacketBatch BatchFor(HostAddress target, out SocketAddress address)
    {
        var byIp = BatchByIp(target);
        if (_link is not null && !byIp.Socket.IsBoundToDevice && _link.TryFind(target, out address))
            return _link.Batch;
        address = SocketAddress.OfHost(target);
        return byIp;
    }

    private PacketBatch BatchByIp(HostAddress target)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return target.IsV4
            ? _v4 ??= new PacketBatch(RawSocket.Open(isV4: true, _sendBufferBytes))
            : _v6 ??= new PacketBatch(RawSocket.Open(isV4: false, _sendBufferBytes));
    }
}
