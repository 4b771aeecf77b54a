using System.Net;
using System.Runtime.InteropServices;

namespace TcpCopy.TestTraffic;

/// <summary>
/// Clients of a web server that each ask again and again on a connection of their own. A load generator whose clients share a pool leaves some of its
/// connections unused when answers come quickly; here every connection carries the same.
/// </summary>
internal static class SteadyClients
{
    /// <param name="server">Asked for /page.</param>
    /// <param name="clients">Connections, all open together.</param>
    /// <param name="rate">Requests a second on each.</param>
    /// <param name="requests">On each; then all end. SIGTERM ends them before, each behind its last answer.</param>
    /// <returns>The exit code: 0 when every request had its answer.</returns>
    public static async Task<int> RunAsync(IPEndPoint server, int clients, int rate, int requests)
    {
        using var ended = new CancellationTokenSource();
        using var onSignal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            ended.Cancel();
        });
        var page = new Uri($"http://{server}/page");
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => AskAsync(page, rate, requests, ended.Token)));
        return 0;
    }

    private static async Task AskAsync(Uri page, int rate, int requests, CancellationToken ended)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseProxy = false });
        using var beat = new PeriodicTimer(TimeSpan.FromSeconds(1) / rate);
        for (var request = 0; request < requests && await IsNextDueAsync(beat, ended); request++)
            await client.GetByteArrayAsync(page, CancellationToken.None);
    }

    private static async Task<bool> IsNextDueAsync(PeriodicTimer beat, CancellationToken ended)
    {
        try
        {
            return await beat.WaitForNextTickAsync(ended);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
