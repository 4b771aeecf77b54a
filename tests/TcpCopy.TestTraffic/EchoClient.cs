using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace TcpCopy.TestTraffic;

/// <summary>Clients of an echo server, all at once: each sends its own bytes and checks that every one comes back.</summary>
internal static class EchoClient
{
    /// <param name="Clients">Connections, all open together.</param>
    /// <param name="Messages">Sent on each, one after the other's echo.</param>
    /// <param name="Bytes">Largest message; sizes vary from half of it up.</param>
    /// <param name="WaitForGreeting">Whether the server speaks first, one line.</param>
    public sealed record Plan(int Clients, int Messages, int Bytes, bool WaitForGreeting);

    /// <returns>The exit code: 0 when all that was sent came back.</returns>
    public static async Task<int> RunAsync(IPEndPoint server, Plan plan)
    {
        var records = await Task.WhenAll(Enumerable.Range(0, plan.Clients).Select(number => TalkAsync(server, plan, number)));
        foreach (var record in records)
            record.Print();
        return records.All(record => record.IsWhole) ? 0 : 1;
    }

    private static async Task<Record> TalkAsync(IPEndPoint server, Plan plan, int number)
    {
        // Seeded: the same bytes in every run, and other bytes on every connection.
        var random = new Random(number);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var connection = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await connection.ConnectAsync(server);
        using var stream = new NetworkStream(connection);
        if (plan.WaitForGreeting)
            await ReadLineAsync(stream);
        var bytes = 0L;
        var isWhole = true;
        for (var message = 0; message < plan.Messages; message++)
        {
            var sent = new byte[random.Next(plan.Bytes / 2, plan.Bytes + 1)];
            random.NextBytes(sent);
            hash.AppendData(sent);
            bytes += sent.Length;
            isWhole &= await EchoAsync(stream, sent);
        }
        return Record.Of("client", hash, bytes, isWhole);
    }

    private static async Task<bool> EchoAsync(NetworkStream stream, byte[] sent)
    {
        var returned = new byte[sent.Length];
        await Task.WhenAll(stream.WriteAsync(sent).AsTask(), stream.ReadExactlyAsync(returned).AsTask());
        return sent.AsSpan().SequenceEqual(returned);
    }

    private static async Task ReadLineAsync(NetworkStream stream)
    {
        var single = new byte[1];
        do
            await stream.ReadExactlyAsync(single);
        while (single[0] != '\n');
    }
}
