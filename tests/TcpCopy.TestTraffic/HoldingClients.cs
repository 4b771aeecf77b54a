using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TcpCopy.TestTraffic;

/// <summary>Clients of a web server that ask once, read the answer, and keep their connections open until this process is ended.</summary>
internal static class HoldingClients
{
    /// <summary>Connections that are opened at once: more would overflow the server's queue.</summary>
    private const int Abreast = 64;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET /page HTTP/1.1\r\nHost: online\r\n\r\n");

    public static async Task<int> RunAsync(IPEndPoint server, int clients)
    {
        var held = new Socket[clients];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, clients), new ParallelOptions { MaxDegreeOfParallelism = Abreast }, async (index, _) => held[index] = await AskAsync(server));
        Console.WriteLine("holding");
        await new TaskCompletionSource().Task;
        GC.KeepAlive(held);
        return 0;
    }

    private static async Task<Socket> AskAsync(IPEndPoint server)
    {
        var connection = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await connection.ConnectAsync(server);
        await connection.SendAsync(Request);
        var answer = new byte[4_096];
        if (await connection.ReceiveAsync(answer) == 0)
            throw new SocketException((int)SocketError.ConnectionReset);
        return connection;
    }
}
