using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;
using TcpCopy.Contracts.Settings;
using TcpCopy.Web.Feed;

namespace TcpCopy.Cli.Demo;

/// <summary>The web page of the demo, in the demo's own process.</summary>
/// <param name="settings">Where it is served.</param>
/// <param name="descriptor">Of a socket that listens there.</param>
internal sealed class DemoPage(HttpSettings settings, int descriptor)
{
    /// <summary>Shows nodes until it is stopped.</summary>
    /// <param name="nodes">Where they serve HTTP.</param>
    /// <param name="whenServed">Told where the page is.</param>
    public async Task ServeAsync(IEnumerable<string> nodes, Action<string> whenServed, CancellationToken stop)
    {
        ThisProgram.KeepToItself(descriptor);
        var trust = new ClientTrust(null, null, null, null);
        var clients = nodes.Select(node => new NodeClient(node, trust)).ToList();
        try
        {
            var cluster = new ClusterWatch(clients, TimeProvider.System, new WatchPace());
            await using var host = await PageHost.StartAsync(settings, cluster, (ulong)descriptor).ConfigureAwait(false);
            whenServed(host.Address);
            await cluster.RunAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}
