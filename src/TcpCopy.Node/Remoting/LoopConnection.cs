using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Node.Loop;
using TcpCopy.Node.Remoting.Tls;

namespace TcpCopy.Node.Remoting;

/// <summary>A connection to another node. Writing and closing are safe from any thread, all else is the loop's.</summary>
internal sealed class LoopConnection : AssociationHandle
{
    private const int LengthBytes = 4;

    /// <summary>In a frame's length: the frame is of replies, not of Akka.</summary>
    private const int RepliesMark = int.MinValue;

    private const int FirstBufferBytes = 16 * 1024;

    /// <summary>A peer's first message says who it is, in some hundred bytes: more is kept for nobody who has not.</summary>
    private const int MostFirstBytes = 4 * 1024;

    /// <summary>How a handshake of TLS begins (RFC 8446 section 5.1): its record's type and the first byte of its version.</summary>
    private const int TlsGreeting = 0x0316;

    /// <summary>Between two looks at the other descriptors.</summary>
    private const int ReadsPerTurn = 4;

    /// <summary>The message's name stands in the envelope, beside its bytes.</summary>
    private static readonly byte[] s_lossyName = Encoding.UTF8.GetBytes(WireSerializer.RepliesName);

    private readonly LoopTransport _transport;
    private readonly Socket _socket;
    private readonly TlsSession? _tls;
    private readonly Arrival? _arrival;
    private readonly FrameBuffer _input = new(FirstBufferBytes);
    private readonly FrameBuffer _output = new(FirstBufferBytes);
    private readonly ReplyDelivery _delivery;
    private IHandleEventListener? _listener;
    private LoopWatch? _watch;
    private bool _isFlushDue;
    private bool _isBlocked;
    private bool _hasSpoken;
    private bool _hasHeard;
    private volatile bool _isClosed;

    /// <param name="transport">The owner.</param>
    /// <param name="socket">Connected.</param>
    /// <param name="tls">Both sides know each other by it; null: in the clear.</param>
    /// <param name="arrival">Ended by the peer's first message; null: this node connected to the peer.</param>
    /// <param name="remote">The peer.</param>
    public LoopConnection(LoopTransport transport, Socket socket, TlsSession? tls, Arrival? arrival, Address remote)
        : base(transport.LocalAddress, remote)
    {
        (_transport, _socket, _tls, _arrival) = (transport, socket, tls, arrival);
        _delivery = new ReplyDelivery(transport.System);
        arrival?.Await(transport.ConnectionTimeout, Refuse);
        // What comes before there is somebody to tell waits in the kernel.
        ReadHandlerSource.Task.ContinueWith(
            listener => transport.Loop.Execute(() => BeginReading(listener.Result)), CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    /// <summary>Who the peer says it is, as <see cref="LoopTransport.Plain"/> gives it; null: it has not, yet. Loop thread only.</summary>
    public Address? Peer { get; private set; }

    /// <summary>Whether the peer's certificate is of this role. In the clear everybody is what it says.</summary>
    public bool IsCertified(string role) => _tls is null || _tls.PeerRoles.Contains(role);

    /// <summary>Bytes that wait for the peer to read, apart from what the kernel and TLS hold. From any thread.</summary>
    public int Waiting => _output.Count;

    public override bool Write(ByteString payload)
    {
        if (_isClosed)
            return false;
        if (_output.Count > _transport.MostPendingBytes)
            return DropIfLossy(payload);
        if (_transport.Loop.IsCurrent)
            Append(payload);
        else
            _transport.Loop.Execute(() => Append(payload));
        return true;
    }

    /// <summary>
    /// Sends replies past Akka's endpoints, or drops them where too much waits already. Only behind the first words of both sides, by which Akka associates
    /// them. Loop thread only.
    /// </summary>
    /// <returns>False: not before that, and not after the end; the batch stays the caller's.</returns>
    public bool TrySend(ReadOnlySpan<byte> recipient, ReplyBatch batch)
    {
        if (_isClosed || !_hasSpoken || Peer is null)
            return false;
        if (_output.Count > _transport.MostPendingBytes)
        {
            _transport.CountDropped();
        }
        else
        {
            var size = ReplyFrame.SizeOf(recipient, batch);
            ReplyFrame.Write(BeginFrame(size, RepliesMark), recipient, batch);
            EndFrame(size);
        }
        batch.Release();
        return true;
    }

    /// <summary>As Akka.Remote wants it: as often as it likes, from any thread.</summary>
    [Obsolete("Akka.Remote calls it with a reason, by its base class.")]
    public override void Disassociate() => _transport.Loop.Execute(Close);

    /// <summary>Sends what can still be sent, and goes. Loop thread only.</summary>
    public void Close()
    {
        if (_isClosed)
            return;
        Flush();
        End();
    }

    /// <summary>Sends what was written; the rest when the peer takes it. Loop thread only.</summary>
    public void Flush()
    {
        _isFlushDue = false;
        FrameBuffer outgoing;
        while ((outgoing = _tls is null ? _output : Seal(_tls)).Count > 0 && !_isClosed)
        {
            var sent = _socket.Send(outgoing.Filled, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                outgoing.Consume(sent);
                continue;
            }
            if (error == SocketError.WouldBlock)
                break;
            End();
            return;
        }
        SetBlocked(outgoing.Count > 0);
    }

    private FrameBuffer Seal(TlsSession tls)
    {
        try
        {
            return tls.Seal(_output);
        }
        catch (Exception)
        {
            // The peer has ended TLS, or its socket is gone.
            End();
            return tls.ToSend;
        }
    }

    /// <summary>
    /// What is refused Akka's endpoint keeps without a bound, and tries again. Of that there is little: of what comes in bulk replies are dropped, and
    /// announcements of flows wait where they come from (<see cref="LoopTransport.HasRoom"/>).
    /// </summary>
    /// <returns>True when the payload is dealt with.</returns>
    private bool DropIfLossy(ByteString payload)
    {
        if (payload.Span.IndexOf(s_lossyName) < 0)
            return false;
        _transport.CountDropped();
        return true;
    }

    private void Append(ByteString payload)
    {
        if (_isClosed)
            return;
        payload.Span.CopyTo(BeginFrame(payload.Length, mark: 0));
        EndFrame(payload.Length);
        _hasSpoken = true;
    }

    private Span<byte> BeginFrame(int length, int mark)
    {
        var room = _output.Reserve(LengthBytes + length);
        BinaryPrimitives.WriteInt32LittleEndian(room, length | mark);
        return room.Slice(LengthBytes, length);
    }

    private void EndFrame(int length)
    {
        _output.Commit(LengthBytes + length);
        if (_isFlushDue || _isBlocked)
            return;
        _isFlushDue = true;
        _transport.FlushAtEndOfTurn(this);
    }

    private void BeginReading(IHandleEventListener listener)
    {
        _listener = listener;
        if (_isClosed)
        {
            listener.Notify(new Disassociated(DisassociateInfo.Unknown));
            return;
        }
        _watch = _transport.Loop.Watch((int)_socket.Handle, OnReady);
        _watch.WantsWrite = _isBlocked;
        if (_tls is not null)
            _ = OpenAsync(_tls);
    }

    /// <summary>Opens what is sealed, on the loop's thread, until the end.</summary>
    private async Task OpenAsync(TlsSession tls)
    {
        try
        {
            await tls.OpenAsync(_input, TakeFrames).ConfigureAwait(false);
            End();
        }
        catch (Exception error)
        {
            // The peer's bytes, or its last word: this connection's affair alone.
            if (!_isClosed && !_hasHeard)
                _transport.Refuse(RemoteAddress, TlsHandshake.Describe(error));
            End();
        }
    }

    private void OnReady()
    {
        if (_isBlocked)
            Flush();
        for (var reads = 0; reads < ReadsPerTurn && !_isClosed; reads++)
        {
            var input = _tls?.Received ?? _input;
            var room = input.Reserve(FirstBufferBytes);
            var received = _socket.Receive(room, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return;
            if (error != SocketError.Success || received == 0)
            {
                OnGone();
                return;
            }
            input.Commit(received);
            if (_tls is null)
                TakeFrames();
            else
                _tls.Announce();
            // The kernel had no more.
            if (received < room.Length)
                return;
        }
    }

    private void OnGone()
    {
        // In TLS 1.3 a client is done before the server has looked at its certificate (RFC 8446 section 4.4.2.4 leaves it to an alert, which may get lost).
        if (_tls is not null && _arrival is null && !_hasHeard)
            Refuse("it ended the connection before its first message: if it refuses this node's certificate, its log says why");
        else
            End();
    }

    private void TakeFrames()
    {
        while (_input.Count >= LengthBytes && !_isClosed)
        {
            var head = BinaryPrimitives.ReadInt32LittleEndian(_input.Filled);
            var (length, isOfReplies) = (head & ~RepliesMark, (head & RepliesMark) != 0);
            if (length > (_hasHeard || _arrival is null ? _transport.MaximumPayloadBytes : MostFirstBytes) || (isOfReplies && Peer is null))
            {
                Refuse((ushort)head == TlsGreeting && _tls is null
                    ? "it speaks TLS, and this node does not: set tcpcopy.tls here, too, or not there"
                    : "it sends what is no message of a node");
                return;
            }
            if (_input.Count < LengthBytes + length)
                return;
            var frame = _input.Filled.Slice(LengthBytes, length);
            if (isOfReplies)
                TakeReplies(frame);
            else
                TakeMessage(frame);
            if (!_isClosed)
                _input.Consume(LengthBytes + length);
        }
    }

    private void TakeReplies(ReadOnlySpan<byte> frame)
    {
        try
        {
            _delivery.Deliver(frame);
        }
        catch (SerializationException error)
        {
            Refuse(error.Message);
        }
    }

    private void TakeMessage(ReadOnlySpan<byte> frame)
    {
        var payload = ByteString.CopyFrom(frame);
        if (!_hasHeard)
        {
            _hasHeard = true;
            _arrival?.End();
            Peer = Introduction.OriginOf(payload) is { } origin ? LoopTransport.Plain(origin) : null;
            if (Peer is not null)
                _transport.Introduce(this, Peer);
        }
        _listener!.Notify(new InboundPayload(payload));
    }

    private void SetBlocked(bool isBlocked)
    {
        if (isBlocked == _isBlocked)
            return;
        _isBlocked = isBlocked;
        if (_watch is not null)
            _watch.WantsWrite = isBlocked;
    }

    private void Refuse(string reason)
    {
        if (!_isClosed)
            _transport.Refuse(RemoteAddress, reason);
        End();
    }

    private void End()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _watch?.Dispose();
        _arrival?.End();
        _socket.Dispose();
        _tls?.Dispose();
        _transport.Forget(this);
        _listener?.Notify(new Disassociated(DisassociateInfo.Unknown));
    }
}
