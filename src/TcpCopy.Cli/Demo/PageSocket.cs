using System.Net;
using System.Net.Sockets;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Demo;

/// <summary>
/// A socket that the machine's browsers reach and that a process in a network namespace of its own serves: a socket stays in the namespace that it
/// was made in, whoever holds it.
/// </summary>
internal static class PageSocket
{
    private const int Waiting = 64;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="HostException">The address is taken, or none of this host.</exception>
    public static Socket Open(HttpSettings settings)
    {
        var listen = settings.Listen!.Value;
        var address = IPAddress.Parse(listen.Address.ToString());
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, listen.Port));
            socket.Listen(Waiting);
            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new HostException($"cannot listen on {listen} for the page: {error.Message}; give another address: --web ADDR:PORT");
        }
    }
}
