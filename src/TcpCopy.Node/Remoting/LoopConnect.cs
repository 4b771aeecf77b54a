using System.Net;
using System.Net.Sockets;
using TcpCopy.Node.Loop;

namespace TcpCopy.Node.Remoting;

/// <summary>An attempt to connect, up to its success, its failure or the end of its time. Loop thread only.</summary>
internal sealed class LoopConnect : LoopDeadline
{
    private readonly EventLoop _loop;
    private readonly Socket? _socket;
    private readonly Action<Socket?, string> _onEnd;
    private readonly LoopWatch? _watch;

    /// <param name="loop">The caller's.</param>
    /// <param name="source">Own address to connect from; null, or where it is of another family: the kernel's choice.</param>
    /// <param name="place">Where to connect to.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="onEnd">Gets the connected socket, which is its own from then on, or none and the reason.</param>
    public LoopConnect(EventLoop loop, IPAddress? source, IPEndPoint place, TimeSpan limit, Action<Socket?, string> onEnd)
    {
        (_loop, _onEnd) = (loop, onEnd);
        try
        {
            _socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            if (source?.AddressFamily == place.AddressFamily)
                _socket.Bind(new IPEndPoint(source, 0));
            _socket.Connect(place);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            _watch = loop.Watch((int)_socket!.Handle, OnReady);
            _watch.WantsWrite = true;
            loop.Deadlines.Set(this, loop.Now + limit);
            return;
        }
        catch (SocketException error)
        {
            Fail(error.Message);
            return;
        }
        onEnd(_socket, "");
    }

    internal override void Fire() => Fail("no answer in time");

    private void OnReady()
    {
        var error = (SocketError)(int)_socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success)
        {
            Fail(new SocketException((int)error).Message);
            return;
        }
        StopWaiting();
        _onEnd(_socket, "");
    }

    private void Fail(string reason)
    {
        StopWaiting();
        _socket?.Dispose();
        _onEnd(null, reason);
    }

    private void StopWaiting()
    {
        _watch?.Dispose();
        _loop.Deadlines.Remove(this);
    }
}
