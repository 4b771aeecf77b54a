using System.Net.Sockets;
using TcpCopy.Node.Loop;

namespace TcpCopy.Node.Remoting.Tls;

/// <summary>A connected socket on which both sides have yet to show who they are: bounded in time and in bytes. Loop thread only.</summary>
internal sealed class TlsHandshake : LoopDeadline
{
    /// <summary>Certificates of a few hundred bytes each make up most of it.</summary>
    private const int MostBytes = 64 * 1024;

    private const int ReadBytes = 16 * 1024;

    // Types of records (RFC 8446 section 5.1).
    private const byte AlertRecord = 21;
    private const byte HandshakeRecord = 22;

    private readonly EventLoop _loop;
    private readonly Socket _socket;
    private readonly TlsSession _session;
    private readonly Action<string?> _onEnd;
    private LoopWatch? _watch;
    private int _received;
    private bool _isOver;

    /// <param name="loop">The caller's.</param>
    /// <param name="socket">Is closed where the handshake fails.</param>
    /// <param name="session">Is disposed of where it fails.</param>
    /// <param name="onEnd">Gets null when both sides know each other, else why not.</param>
    public TlsHandshake(EventLoop loop, Socket socket, TlsSession session, Action<string?> onEnd) =>
        (_loop, _socket, _session, _onEnd) = (loop, socket, session, onEnd);

    /// <param name="limit">How long it may take.</param>
    public void Begin(TimeSpan limit)
    {
        _watch = _loop.Watch((int)_socket.Handle, OnReady);
        _loop.Deadlines.Set(this, _loop.Now + limit);
        _ = AuthenticateAsync();
        if (!_isOver)
            Send();
    }

    /// <summary>Ends it for a reason that lies outside.</summary>
    public void Refuse(string reason) => End(reason);

    internal override void Fire() => End("it did not show in time who it is");

    private async Task AuthenticateAsync()
    {
        string? fault = null;
        try
        {
            await _session.AuthenticateAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Whatever TLS makes of a stranger's bytes, it concerns this connection alone.
            fault = _session.Refusal ?? Describe(error);
        }
        End(fault);
    }

    private void OnReady()
    {
        var room = _session.Received.Reserve(ReadBytes);
        var count = _socket.Receive(room, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            Send();
            return;
        }
        if (error != SocketError.Success || count == 0)
        {
            End(_received == 0 ? "it ended the connection without a word of TLS: is tcpcopy.tls set there?" : "it ended the connection during the handshake");
            return;
        }
        if (_received == 0 && room[0] is not HandshakeRecord and not AlertRecord)
        {
            End("it does not speak TLS: set tcpcopy.tls there, too");
            return;
        }
        _session.Received.Commit(count);
        _received += count;
        if (_received > MostBytes)
        {
            End($"it sent more than {MostBytes / 1024} KiB without showing who it is");
            return;
        }
        _session.Announce();
        if (!_isOver)
            Send();
    }

    private void Send()
    {
        var outgoing = _session.ToSend;
        while (outgoing.Count > 0)
        {
            var sent = _socket.Send(outgoing.Filled, SocketFlags.None, out var error);
            if (error != SocketError.Success)
                break;
            outgoing.Consume(sent);
        }
        _watch!.WantsWrite = outgoing.Count > 0;
    }

    private void End(string? reason)
    {
        if (_isOver)
            return;
        _isOver = true;
        // The last flight, or the alert that tells the peer why.
        Send();
        _watch!.Dispose();
        _loop.Deadlines.Remove(this);
        if (reason is not null)
        {
            _socket.Dispose();
            _session.Dispose();
        }
        _onEnd(reason);
    }

    /// <summary>What made TLS fail, in one line.</summary>
    public static string Describe(Exception error)
    {
        var cause = error.GetBaseException().Message;
        return cause.Contains("alert", StringComparison.Ordinal)
            ? $"it refuses this node's certificate, or TLS with it ({cause}); its log says why"
            : $"TLS with it failed ({cause})";
    }
}
