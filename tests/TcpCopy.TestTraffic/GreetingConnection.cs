using System.Net.Sockets;

namespace TcpCopy.TestTraffic;

/// <summary>Speaks first, as mail and database servers do; a client that does not wait for the greeting is told apart. Then an echo.</summary>
internal static class GreetingConnection
{
    /// <summary>How long a hasty client is given to show itself before the greeting goes out, in microseconds.</summary>
    private const int ListenMicroseconds = 300_000;

    public static async Task ServeAsync(Socket connection)
    {
        var isHasty = await Task.Run(() => connection.Poll(ListenMicroseconds, SelectMode.SelectRead));
        await connection.SendAsync("220 ready\r\n"u8.ToArray());
        await EchoConnection.ServeAsync(connection, isHasty ? "hasty" : "connection");
    }
}
