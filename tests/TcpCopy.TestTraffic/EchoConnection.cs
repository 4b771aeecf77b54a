using System.Net.Sockets;
using System.Security.Cryptography;

namespace TcpCopy.TestTraffic;

/// <summary>Sends back every byte; tells at the end what came.</summary>
internal static class EchoConnection
{
    public static Task ServeAsync(Socket connection) => ServeAsync(connection, "connection");

    /// <param name="connection">Served until the client closes.</param>
    /// <param name="what">Goes into the record.</param>
    public static async Task ServeAsync(Socket connection, string what)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        var bytes = 0L;
        var isWhole = false;
        try
        {
            int count;
            while ((count = await connection.ReceiveAsync(buffer)) > 0)
            {
                hash.AppendData(buffer, 0, count);
                bytes += count;
                await connection.SendAsync(buffer.AsMemory(0, count));
            }
            isWhole = true;
        }
        finally
        {
            Record.Of(what, hash, bytes, isWhole).Print();
        }
    }
}
