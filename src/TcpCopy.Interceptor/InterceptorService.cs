using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Remoting;
using TcpCopy.Node.Security;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Interceptor;

/// <summary>Composition of an interceptor node: rules, tap, actor system; runs until it is told to stop.</summary>
public static class InterceptorService
{
    private const int ResetSnapLength = 144;
    private const int ResetBufferBytes = 1024 * 1024;

    /// <summary>Resets are no news that anybody waits for, and a flood of them is not to wake this process for each.</summary>
    private const int ResetBlockMilliseconds = 100;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    /// <param name="settings">Read from <paramref name="config"/>.</param>
    /// <param name="config">The whole configuration, for Akka.</param>
    /// <param name="events">It is ready when replies are taken and copiers can join.</param>
    /// <param name="stop">Ends the run cleanly.</param>
    /// <param name="onStarted">Given the way to look at the node while it runs; called before it is ready.</param>
    /// <returns>The figures of the run. Rules, routes and devices are as before when the task ends, however it ends.</returns>
    /// <exception cref="RulesException">The rules cannot be installed, or not all removed; those made outside are not there.</exception>
    /// <exception cref="NodeStartException">The node's address cannot be bound, or must not be without TLS.</exception>
    /// <exception cref="SettingsException">The files of <c>tcpcopy.tls</c> cannot be used.</exception>
    /// <exception cref="SendException">Raw sockets are not permitted.</exception>
    /// <exception cref="CaptureException">The tap cannot be opened, or failed and could not be opened again.</exception>
    public static async Task<InterceptorReport> RunAsync(
        InterceptorSettings settings, Config config, NodeEvents events, CancellationToken stop, Action<InterceptorView>? onStarted = null)
    {
        var address = settings.Node.Address ?? HostAddresses.Choose(settings.Node.Seeds.Count > 0 ? settings.Node.Seeds[0] : null);
        var security = NodeSecurity.Demand(settings.Node, NodeSystem.InterceptorRole, address);
        var compiled = CodeCompiler.CompileAsync(typeof(InterceptorService).Assembly);
        using var placement = Placement.Install(settings, address);
        var system = NodeSystem.Start(
            [NodeSystem.InterceptorRole], address, settings.Node.Port, settings.LeaveRules ? NodeSystem.Vanishing(config) : config, security);
        var hasWorked = false;
        try
        {
            await compiled.ConfigureAwait(false);
            return await RunAsync(system, settings, placement, onStarted, events with { OnReady = OnReady }, stop).ConfigureAwait(false);
        }
        finally
        {
            if (settings.LeaveRules && hasWorked)
                placement.Abandon();
            await (settings.LeaveRules ? system.Terminate() : NodeSystem.StopAsync(system)).ConfigureAwait(false);
        }

        void OnReady()
        {
            hasWorked = true;
            events.OnReady();
        }
    }

    private static async Task<InterceptorReport> RunAsync(
        ActorSystem system, InterceptorSettings settings, Placement placement, Action<InterceptorView>? onStarted, NodeEvents events, CancellationToken stop)
    {
        var environment = new InterceptorEnvironment
        {
            Sink = placement.Sink,
            OpenTap = placement.OpenTap,
            OpenResetWatch = TellsByMark(settings) ? () => LiveCapture.Open(ToResetOptions(settings)) : null,
            Sender = OpenSender(settings),
            Tracked = TellsByMark(settings) ? TrackedConnections.Read : () => null,
            IsReachable = node => NodeSystem.IsReachable(system, node),
            IsCopier = node => LoopTransport.IsCertified(system, node, NodeSystem.CopierRole),
            Addresses = () => [.. DeviceFinder.HostAddresses(), .. settings.Targets],
        };
        var node = system.ActorOf(Props.Create(() => new InterceptorNode(settings, environment)), "interceptor");
        onStarted?.Invoke(new InterceptorView(system, node));
        system.Log.Info("interceptor at {0}", NodeSystem.AddressOf(system));

        var ended = Task.WhenAny(environment.Failed.Task, Expulsion.WhenOverAsync(system, events.OnExpelled, stop));
        await Task.WhenAny(ended, Task.WhenAll(environment.Opened.Task, Join(system, settings.Node))).ConfigureAwait(false);
        if (!ended.IsCompleted)
        {
            StartLitter.GiveBack();
            events.OnReady();
        }
        await ended.ConfigureAwait(false);
        // Also without its tap: copiers close their replicas before the rules go.
        var stopping = node.Ask<InterceptorReport>(new Stop(SaysGoodbye: !settings.LeaveRules), StopLimit, CancellationToken.None);
        if (environment.Failed.Task.IsCompleted)
        {
            await Task.WhenAny(stopping).ConfigureAwait(false);
            throw ToFailure(await environment.Failed.Task.ConfigureAwait(false));
        }
        var report = await stopping.ConfigureAwait(false);
        return report with { BatchesDropped = LoopTransport.DroppedBy(system) };
    }

    /// <summary>Completed when the cluster has this node.</summary>
    private static Task Join(ActorSystem system, NodeSettings node)
    {
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var peers = new PeerFile(PeerFileName(NodeSystem.AddressOf(system)));
        NodeSystem.JoinOrFound(system, [.. node.Seeds.Select(NodeSystem.AddressOf), .. peers.Read()]);
        system.ActorOf(Props.Create(() => new PeerRecorder(peers, () => joined.TrySetResult())), "peers");
        return joined.Task;
    }

    /// <summary>
    /// An address means something within its network namespace alone, so that is part of the name: by its cookie, which is never used again, where
    /// its inode number soon is.
    /// </summary>
    private static string PeerFileName(Address self)
    {
        const int SolSocket = 1;
        const int SoNetworkNamespaceCookie = 71;
        Span<byte> cookie = stackalloc byte[8];
        cookie.Clear();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.GetRawSocketOption(SolSocket, SoNetworkNamespaceCookie, cookie);
        }
        catch (SocketException)
        {
            // Linux before 5.14 has no cookies: one file for all namespaces, which costs a start in the wrong one a few seconds.
        }
        // A service manager names a place where a node that is not root's may write, too.
        var directory = Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") is { Length: > 0 } own ? own : "/run";
        return $"{directory}/tcpcopy-interceptor-{BitConverter.ToUInt64(cookie)}-{self.Host}-{self.Port}.peers";
    }

    internal static CaptureException ToFailure(Exception? cause) =>
        cause as CaptureException ?? new CaptureException($"the tap ended: {cause?.Message ?? "no reason given"}; start the node again", cause);

    /// <summary>Then clients' resets are told from replicas' own, and the kernel tracks the target's connections.</summary>
    private static bool TellsByMark(InterceptorSettings settings) =>
        settings.Placement == InterceptorPlacement.Target && settings.Select == ReplicaSelection.Dscp;

    /// <summary>Opens its sockets at once: later the rights may have been given up.</summary>
    private static RawSocketSender OpenSender(InterceptorSettings settings)
    {
        var sender = new RawSocketSender(settings.Dscp, (_, _) => { });
        sender.Prepare(HostAddress.FromV4(0));
        if (Socket.OSSupportsIPv6)
            sender.Prepare(HostAddress.FromBytes(new byte[16]));
        return sender;
    }

    /// <summary>Resets on their way in on any device, but for those of replicas.</summary>
    private static LiveCaptureOptions ToResetOptions(InterceptorSettings settings) => new()
    {
        Device = "any",
        Filter = $"(ip and tcp[13] & 4 != 0 and ip[1] & 0xfc != {settings.Dscp << 2})"
            + $" or (ip6 and ip6[6] = 6 and ip6[53] & 4 != 0 and ip6[0:2] & 0x0fc0 != {settings.Dscp << 6})",
        SnapLength = ResetSnapLength,
        BufferBytes = ResetBufferBytes,
        BlockMilliseconds = ResetBlockMilliseconds,
        Direction = CaptureDirection.Inbound,
    };
}
