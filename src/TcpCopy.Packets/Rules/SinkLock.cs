using System.Buffers.Binary;
using System.Net.Sockets;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Held by the one interceptor of a host: a socket in the abstract namespace, which belongs to the network namespace just as the rules do, leaves
/// no file behind and goes away with its process, however that ends.
/// </summary>
internal sealed class SinkLock : IDisposable
{
    private const string Name = "\0tcpcopy-interceptor";
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private readonly Socket _socket;

    private SinkLock(Socket socket) => _socket = socket;

    /// <exception cref="RulesException">Another process holds it; the message says which.</exception>
    public static SinkLock Take()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(Name));
            socket.Listen(1);
            return new SinkLock(socket);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new RulesException($"another interceptor{Holder()} takes the replies of this host; stop it first", exception);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static string Holder()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Name));
            Span<byte> credentials = stackalloc byte[12];
            socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
            return $" (process {BinaryPrimitives.ReadInt32LittleEndian(credentials)})";
        }
        catch (SocketException)
        {
            // It ended in this very moment; the message goes without its number.
            return "";
        }
    }
}
