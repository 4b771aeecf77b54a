using System.Net;
using System.Net.Sockets;

namespace TcpCopy.TestTraffic;

/// <summary>Clients of an echo server, all at once, that use TCP as few do, each in its own way. All that they send comes back before they end.</summary>
internal static class AwkwardClients
{
    private const int Hasty = 10;
    private const int Reuses = 10;

    /// <summary>Below those that the kernel gives to the others.</summary>
    private const int PortUsedAgain = 29_000;

    /// <summary>Linux sends the first keep-alive probe a second after the connection fell silent; in microseconds.</summary>
    private const int LongerThanAProbeTakes = 2_500_000;

    /// <summary>A server that has not read for so long waits for its client; in microseconds.</summary>
    private const int LongerThanAServerTakes = 500_000;

    private const int LevelTcp = 6;
    private const int OptionCork = 3;

    /// <returns>The exit code: 0 when all that was sent came back.</returns>
    public static async Task<int> RunAsync(IPEndPoint server)
    {
        List<Task<AwkwardConnection[]>> clients = [];
        for (var number = 0; number < Hasty; number++)
            clients.Add(StartAsync(server, number, SendInPieces));
        clients.Add(StartAsync(server, Hasty, ShutWindow));
        clients.Add(StartAsync(server, Hasty + 1, Probe));
        clients.Add(StartAsync(server, Hasty + 2, EndWithData));
        clients.Add(StartAsync(server, Hasty + 3, Reset));
        clients.Add(Task.Run(() => UsePortAgain(server)));
        var connections = (await Task.WhenAll(clients)).SelectMany(some => some).ToList();
        foreach (var connection in connections)
            connection.Record.Print();
        return connections.All(connection => connection.Record.IsWhole) ? 0 : 1;
    }

    private static Task<AwkwardConnection[]> StartAsync(IPEndPoint server, int number, Action<AwkwardConnection> habit) => Task.Run(() =>
    {
        using var connection = new AwkwardConnection(number);
        connection.Open(server);
        habit(connection);
        return new[] { connection };
    });

    /// <summary>Many small segments at once: what is lost of them is sent again in larger ones, which overlap what came.</summary>
    private static void SendInPieces(AwkwardConnection connection)
    {
        for (var round = 0; round < 10; round++)
        {
            for (var piece = 0; piece < 60; piece++)
                connection.Send(300);
            connection.ReadBack();
        }
        connection.Close();
    }

    /// <summary>Reads nothing until the server, whose echo nobody takes, reads nothing either.</summary>
    private static void ShutWindow(AwkwardConnection connection)
    {
        while (connection.CanSendWithin(LongerThanAServerTakes))
            connection.SendWhatFits(16_384);
        connection.ReadBack();
        connection.Exchange(1_000);
        connection.Close();
    }

    private static void Probe(AwkwardConnection connection)
    {
        connection.Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 1);
        connection.Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        connection.Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        connection.Exchange(5_000);
        connection.Socket.Poll(LongerThanAProbeTakes, SelectMode.SelectRead);
        connection.Exchange(5_000);
        connection.Close();
    }

    /// <summary>What is held back when the client closes goes out with its FIN.</summary>
    private static void EndWithData(AwkwardConnection connection)
    {
        connection.Exchange(5_000);
        connection.Socket.SetRawSocketOption(LevelTcp, OptionCork, BitConverter.GetBytes(1));
        connection.Send(500);
        connection.Close();
    }

    /// <summary>A client that is gone in the middle of what it had to say: it says no more than the server has read.</summary>
    private static void Reset(AwkwardConnection connection)
    {
        connection.Exchange(20_000);
        connection.Reset();
    }

    private static AwkwardConnection[] UsePortAgain(IPEndPoint server)
    {
        var connections = new AwkwardConnection[Reuses];
        for (var use = 0; use < Reuses; use++)
        {
            using var connection = new AwkwardConnection(100 + use);
            connection.Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            connection.Socket.Bind(new IPEndPoint(IPAddress.Any, PortUsedAgain));
            connection.Open(server);
            connection.Exchange(3_000);
            connection.Reset();
            connections[use] = connection;
        }
        return connections;
    }
}
