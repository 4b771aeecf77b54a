using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Shards;
using TcpCopy.Node.Hosting;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Copier;

/// <summary>Composition of a copier node: devices, sender, actor system; runs until it is told to stop.</summary>
public static class CopierService
{
    /// <summary>Beyond the drain limit: how long the shard may take to close its sessions.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    /// <param name="settings">Read from <paramref name="config"/>.</param>
    /// <param name="config">The whole configuration, for Akka.</param>
    /// <param name="onReady">Called once, when the copier is linked to an interceptor and captures.</param>
    /// <param name="stop">Ends the run cleanly.</param>
    /// <exception cref="CaptureException">A device cannot be opened; nothing was started.</exception>
    /// <exception cref="NodeStartException">The node's address cannot be bound; nothing was started.</exception>
    public static async Task<CopierReport> RunAsync(CopierSettings settings, Config config, Action onReady, CancellationToken stop)
    {
        settings = settings with { Transfers = HostEnvironment.NameOnlineAddresses(settings.Transfers) };
        var environments = HostEnvironment.Open(settings);
        var address = settings.Node.Address ?? HostAddresses.Choose(settings.Node.Seeds.Count > 0 ? settings.Node.Seeds[0] : null);
        var system = NodeSystem.Start(NodeSystem.CopierRole, address, settings.Node.Port, ShardLoops.Define(config, settings.Shards));
        system.Log.Info("copier at {0}, copying {1}", NodeSystem.AddressOf(system), string.Join(", ", settings.Transfers));

        var clock = new Stopwatch();
        var node = system.ActorOf(Props.Create(() => new CopierNode(settings, environments, () => OnReady(clock, onReady))), "copier");
        await WhenStopped(system.WhenTerminated, stop).ConfigureAwait(false);
        var report = await node.Ask<CopierReport>(StopShard.Instance, settings.StopGrace + StopLimit, CancellationToken.None).ConfigureAwait(false);
        await NodeSystem.StopAsync(system).ConfigureAwait(false);
        return report with { Elapsed = clock.Elapsed };
    }

    private static void OnReady(Stopwatch clock, Action onReady)
    {
        clock.Start();
        onReady();
    }

    private static async Task WhenStopped(Task terminated, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(stopped.SetResult);
        await Task.WhenAny(stopped.Task, terminated).ConfigureAwait(false);
    }
}
