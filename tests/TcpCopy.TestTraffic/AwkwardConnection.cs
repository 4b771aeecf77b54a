using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace TcpCopy.TestTraffic;

/// <summary>A connection to an echo server of which its owner decides each step; it keeps account of what was sent and what came back.</summary>
/// <param name="seed">Of its bytes.</param>
internal sealed class AwkwardConnection(int seed) : IDisposable
{
    private const int Window = 8_192;
    private const int SendBuffer = 65_536;

    private readonly Random _random = new(seed);
    private readonly List<byte> _sent = [];
    private int _returned;
    private bool _isWhole = true;

    public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true, ReceiveBufferSize = Window, SendBufferSize = SendBuffer,
    };

    public Record Record => new("client", _sent.Count, Convert.ToHexString(SHA256.HashData(_sent.ToArray())), _isWhole && _returned == _sent.Count);

    public void Open(IPEndPoint server) => Socket.Connect(server);

    public bool CanSendWithin(int microseconds) => Socket.Poll(microseconds, SelectMode.SelectWrite);

    public void Send(int bytes) => Account(Socket.Send(Next(bytes)), bytes);

    /// <summary>Sends as much of so many bytes as the kernel takes at once.</summary>
    public void SendWhatFits(int bytes)
    {
        Socket.Blocking = false;
        var sent = Socket.Send(Next(bytes), SocketFlags.None, out var error);
        Socket.Blocking = true;
        Account(error == SocketError.Success ? sent : 0, bytes);
    }

    /// <summary>Waits for the echo of all that was sent.</summary>
    public void ReadBack()
    {
        var buffer = new byte[16_384];
        while (_returned < _sent.Count)
        {
            var count = Socket.Receive(buffer, Math.Min(buffer.Length, _sent.Count - _returned), SocketFlags.None);
            _isWhole &= count > 0 && buffer.AsSpan(0, count).SequenceEqual(_sent.GetRange(_returned, count).ToArray());
            if (count == 0)
                return;
            _returned += count;
        }
    }

    public void Exchange(int bytes)
    {
        Send(bytes);
        ReadBack();
    }

    /// <summary>Sends FIN and hears the server out.</summary>
    public void Close()
    {
        Socket.Shutdown(SocketShutdown.Send);
        ReadBack();
        _isWhole &= Socket.Receive(new byte[1]) == 0;
        Socket.Close();
    }

    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    public void Dispose() => Socket.Dispose();

    private byte[] Next(int bytes)
    {
        var payload = new byte[bytes];
        _random.NextBytes(payload);
        _sent.AddRange(payload);
        return payload;
    }

    /// <summary>What the kernel has not taken was not sent.</summary>
    private void Account(int taken, int offered) => _sent.RemoveRange(_sent.Count - (offered - taken), offered - taken);
}
