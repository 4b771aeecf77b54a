using System.Net;
using System.Net.Sockets;

namespace TcpCopy.TestTraffic;

/// <summary>Accepts connections for ever and hands each to its protocol.</summary>
internal static class Server
{
    public static async Task<int> RunAsync(int port, Func<Socket, Task> serve)
    {
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        listener.Listen(1024);
        Console.WriteLine("listening");
        while (true)
            _ = AttendAsync(await listener.AcceptAsync(), serve);
    }

    private static async Task AttendAsync(Socket connection, Func<Socket, Task> serve)
    {
        using (connection)
        {
            try
            {
                await serve(connection);
            }
            catch (SocketException error)
            {
                Console.Error.WriteLine($"connection of {connection.RemoteEndPoint}: {error.SocketErrorCode}");
            }
        }
    }
}
