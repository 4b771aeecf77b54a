using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TcpCopy.Cli.Demo;

/// <summary>What the clients saw.</summary>
/// <param name="Answered">Answers of the online server.</param>
/// <param name="Strays">Answers of anybody else: a reply of the target that escaped.</param>
/// <param name="Failed">Requests without an answer.</param>
internal readonly record struct ClientCounts(int Answered, int Strays, int Failed);

/// <summary>Clients at addresses of their own, each asking the online server one request after the other.</summary>
internal sealed class DemoClients(IPEndPoint online, string onlineName, int requests)
{
    private const int Clients = 16;

    /// <summary>Requests on one connection before the client opens the next: long-lived connections and new ones are both copied.</summary>
    private const int RequestsPerConnection = 50;

    // Clients of different patience, so that figures move.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseStep = TimeSpan.FromMilliseconds(40);

    private int _next;
    private int _answered;
    private int _strays;
    private int _failed;

    /// <summary>How long they wait for an answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    public int Done => Counts.Answered + Counts.Strays + Counts.Failed;

    public ClientCounts Counts => new(Volatile.Read(ref _answered), Volatile.Read(ref _strays), Volatile.Read(ref _failed));

    /// <summary>As fast as they are answered, until all is sent.</summary>
    public async Task<ClientCounts> RunAsync(CancellationToken stop)
    {
        await ForEachAsync(async (_, client) =>
        {
            for (var sent = 1; Interlocked.Increment(ref _next) is var number && number <= requests; sent++)
            {
                stop.ThrowIfCancellationRequested();
                await AskAsync(client, number, sent, stop).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        return Counts;
    }

    /// <summary>Some fifty requests a second, until it is stopped.</summary>
    public Task LingerAsync(CancellationToken stop) => ForEachAsync(async (index, client) =>
    {
        using var timer = new PeriodicTimer(ShortestPause + index * PauseStep);
        try
        {
            for (var sent = 1; await timer.WaitForNextTickAsync(stop).ConfigureAwait(false); sent++)
            {
                // Whatever is under way is brought to its end: it is counted on both sides.
                await AskAsync(client, Interlocked.Increment(ref _next), sent, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    });

    private Task ForEachAsync(Func<int, HttpClient, Task> work) => Task.WhenAll(Enumerable.Range(0, Clients).Select(async index =>
    {
        var source = new IPAddress([127, 9, 0, (byte)(index + 1)]);
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, cancel) => ConnectAsync(source, cancel), UseProxy = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri($"http://{online}/"), Timeout = Patience };
        await work(index, client).ConfigureAwait(false);
    }));

    /// <param name="sent">How many it makes with this one.</param>
    private async Task AskAsync(HttpClient client, int number, int sent, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add(DemoServer.NumberHeader, number.ToString(CultureInfo.InvariantCulture));
        request.Headers.ConnectionClose = sent % RequestsPerConnection == 0;
        await CountAsync(client, request, stop).ConfigureAwait(false);
    }

    private async Task CountAsync(HttpClient client, HttpRequestMessage request, CancellationToken stop)
    {
        try
        {
            using var response = await client.SendAsync(request, stop).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
            Interlocked.Increment(ref body.StartsWith(onlineName, StringComparison.Ordinal) ? ref _answered : ref _strays);
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !stop.IsCancellationRequested))
        {
            Interlocked.Increment(ref _failed);
        }
    }

    private async ValueTask<Stream> ConnectAsync(IPAddress source, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            await socket.ConnectAsync(online, stop).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
