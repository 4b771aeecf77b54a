using System.Buffers.Binary;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using TcpCopy.Node.Loop;

namespace TcpCopy.Node.Remoting;

/// <summary>A connection to another node. Writing and closing are safe from any thread, all else is the loop's.</summary>
internal sealed class LoopConnection : AssociationHandle
{
    private const int LengthBytes = 4;
    private const int FirstBufferBytes = 16 * 1024;

    /// <summary>What may wait for a peer that does not read; beyond it Akka's endpoint keeps its messages, and tries again.</summary>
    private const int MostPendingBytes = 8 * 1024 * 1024;

    /// <summary>Between two looks at the other descriptors.</summary>
    private const int ReadsPerTurn = 4;

    private readonly LoopTransport _transport;
    private readonly Socket _socket;
    private readonly FrameBuffer _input = new(FirstBufferBytes);
    private readonly FrameBuffer _output = new(FirstBufferBytes);
    private IHandleEventListener? _listener;
    private LoopWatch? _watch;
    private bool _isFlushDue;
    private bool _isBlocked;
    private volatile bool _isClosed;

    public LoopConnection(LoopTransport transport, Socket socket, Address local, Address remote)
        : base(local, remote)
    {
        (_transport, _socket) = (transport, socket);
        // What comes before there is somebody to tell waits in the kernel.
        ReadHandlerSource.Task.ContinueWith(
            listener => transport.Loop.Execute(() => BeginReading(listener.Result)), CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    public override bool Write(ByteString payload)
    {
        if (_isClosed || _output.Count > MostPendingBytes)
            return false;
        if (_transport.Loop.IsCurrent)
            Append(payload);
        else
            _transport.Loop.Execute(() => Append(payload));
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
        while (_output.Count > 0 && !_isClosed)
        {
            var sent = _socket.Send(_output.Filled, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                _output.Consume(sent);
                continue;
            }
            if (error == SocketError.WouldBlock)
                break;
            End();
            return;
        }
        SetBlocked(_output.Count > 0);
    }

    private void Append(ByteString payload)
    {
        if (_isClosed)
            return;
        var room = _output.Reserve(LengthBytes + payload.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room, payload.Length);
        payload.Span.CopyTo(room[LengthBytes..]);
        _output.Commit(LengthBytes + payload.Length);
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
    }

    private void OnReady()
    {
        if (_isBlocked)
            Flush();
        for (var reads = 0; reads < ReadsPerTurn && !_isClosed; reads++)
        {
            var room = _input.Reserve(FirstBufferBytes);
            var received = _socket.Receive(room, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return;
            if (error != SocketError.Success || received == 0)
            {
                End();
                return;
            }
            _input.Commit(received);
            TakeFrames();
            // The kernel had no more.
            if (received < room.Length)
                return;
        }
    }

    private void TakeFrames()
    {
        while (_input.Count >= LengthBytes && !_isClosed)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(_input.Filled);
            if (length < 0 || length > _transport.MaximumPayloadBytes)
            {
                _transport.Log.Warning("{0} sends what is no message of a node: its connection is closed", RemoteAddress);
                End();
                return;
            }
            if (_input.Count < LengthBytes + length)
                return;
            _listener!.Notify(new InboundPayload(ByteString.CopyFrom(_input.Filled.Slice(LengthBytes, length))));
            _input.Consume(LengthBytes + length);
        }
    }

    private void SetBlocked(bool isBlocked)
    {
        if (isBlocked == _isBlocked)
            return;
        _isBlocked = isBlocked;
        if (_watch is not null)
            _watch.WantsWrite = isBlocked;
    }

    private void End()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _watch?.Dispose();
        _socket.Dispose();
        _transport.Forget(this);
        _listener?.Notify(new Disassociated(DisassociateInfo.Unknown));
    }
}
