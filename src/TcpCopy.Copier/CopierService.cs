using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Views;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Security;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Copier;

/// <summary>Composition of a copier node: devices, sender, actor system; runs until it is told to stop.</summary>
public static class CopierService
{
    /// <summary>Beyond the drain limit: how long the shard may take to close its sessions.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    /// <param name="settings">Read from <paramref name="config"/>.</param>
    /// <param name="config">The whole configuration, for Akka.</param>
    /// <param name="events">It is ready when it is linked to an interceptor and captures.</param>
    /// <param name="stop">Ends the run cleanly.</param>
    /// <param name="onStarted">Given the way to look at the node while it runs; called before it is ready.</param>
    /// <param name="local">With own-IP mode, and only then: what takes the replies in this process.</param>
    /// <exception cref="CaptureException">A device cannot be opened; nothing was started.</exception>
    /// <exception cref="RulesException">The copier's own rule cannot be installed, or not be removed.</exception>
    /// <exception cref="NodeStartException">The node's address cannot be bound, or must not be without TLS; nothing was started.</exception>
    /// <exception cref="SettingsException">The files of <c>tcpcopy.tls</c> cannot be used; nothing was started.</exception>
    public static async Task<CopierReport> RunAsync(
        CopierSettings settings, Config config, NodeEvents events, CancellationToken stop,
        Action<CopierView>? onStarted = null, ILocalInterceptor? local = null)
    {
        var address = settings.Node.Address ?? HostAddresses.Choose(settings.Node.Seeds.Count > 0 ? settings.Node.Seeds[0] : null);
        var security = NodeSecurity.Demand(settings.Node, NodeSystem.CopierRole, address);
        var compiled = CodeCompiler.CompileAsync(typeof(CopierService).Assembly);
        settings = settings with { Transfers = HostEnvironment.NameOnlineAddresses(settings.Transfers) };
        var environments = HostEnvironment.Open(settings);
        using var untracked = settings.Node.Rules == RulesOwner.Own ? CopierRules.Install(settings) : null;
        var system = NodeSystem.Start(RolesOf(settings), address, settings.Node.Port, ShardLoops.Define(config, settings.Shards), security);
        system.Log.Info("copier at {0}, copying {1}", NodeSystem.AddressOf(system), string.Join(", ", settings.Transfers));

        await compiled.ConfigureAwait(false);
        // It may be long before there is an interceptor, and then a little more is left.
        StartLitter.GiveBack();
        local?.Start(system);
        var clock = new Stopwatch();
        var node = system.ActorOf(Props.Create(() => new CopierNode(settings, environments, () => OnReady(clock, events.OnReady))), "copier");
        onStarted?.Invoke(new CopierView(system, node));
        var over = Expulsion.WhenOverAsync(system, events.OnExpelled, stop);
        await (local is null ? over : Task.WhenAny(over, local.Failed)).ConfigureAwait(false);
        // Asked before it is stopped: an end of that kind is no failure.
        var hasFailed = local is { Failed.IsCompleted: true };
        var report = await node.Ask<CopierReport>(StopShard.Instance, settings.StopGrace + StopLimit, CancellationToken.None).ConfigureAwait(false);
        if (local is not null && !hasFailed)
            await local.StopAsync().ConfigureAwait(false);
        await NodeSystem.StopAsync(system).ConfigureAwait(false);
        if (hasFailed)
            throw await local!.Failed.ConfigureAwait(false);
        return report with { Elapsed = clock.Elapsed };
    }

    private static void OnReady(Stopwatch clock, Action onReady)
    {
        StartLitter.GiveBack();
        clock.Start();
        onReady();
    }

    private static string[] RolesOf(CopierSettings settings) =>
        settings.SplitGroup.Length == 0 ? [NodeSystem.CopierRole] : [NodeSystem.CopierRole, SplitGroup.RoleOf(settings.SplitGroup)];
}
