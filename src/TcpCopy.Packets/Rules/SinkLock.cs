using System.Buffers.Binary;
using System.Net.Sockets;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Held by the one process of a host that installs rules of its kind, as an interceptor: a socket in the abstract namespace, which belongs to the network
/// namespace just as the rules do, leaves no file behind and goes away with its process, however that ends.
/// </summary>
internal sealed class SinkLock : IDisposable
{
    public const string Interceptor = "interceptor";
    public const string OwnIpCopier = "copier with --own-ip";

    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;

    private SinkLock(Socket socket) => _socket = socket;

    /// <summary>For tests of what becomes of its copies.</summary>
    internal SafeSocketHandle Socket => _socket.SafeHandle;

    /// <param name="holder">What the holder is, in words for others who try.</param>
    /// <exception cref="RulesException">Another process holds it; the message says which.</exception>
    public static SinkLock Take(string holder = Interceptor)
    {
        var place = new UnixDomainSocketEndPoint("\0tcpcopy-" + holder.Replace(' ', '-'));
        SinkLock? taken = null;
        int? other = null;
        // Nobody answers there for a moment when the holder is just ending, or one of its children has been forked and has not begun to run yet.
        SpinWait.SpinUntil(() => (taken = TryTake(place)) is not null || (other = HolderOf(place)) is not null, Patience);
        var name = other is null ? "" : $" (process {other})";
        return taken ?? throw new RulesException($"another {holder}{name} takes the replies of this host; stop it first");
    }

    /// <summary>A child that is forked just now still has the socket until it begins to run: shut down, it answers nobody in this process's name.</summary>
    public void Dispose()
    {
        if (!_socket.SafeHandle.IsClosed)
            _socket.Shutdown(SocketShutdown.Both);
        _socket.Dispose();
    }

    private static SinkLock? TryTake(UnixDomainSocketEndPoint place)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(place);
            socket.Listen(1);
            return new SinkLock(socket);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <returns>Its process; null: nobody listens there.</returns>
    private static int? HolderOf(UnixDomainSocketEndPoint place)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(place);
            Span<byte> credentials = stackalloc byte[12];
            socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
            return BinaryPrimitives.ReadInt32LittleEndian(credentials);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
