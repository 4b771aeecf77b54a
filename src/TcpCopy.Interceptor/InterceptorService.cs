using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Node.Hosting;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>Composition of an interceptor node: rules, tap, actor system; runs until it is told to stop.</summary>
public static class InterceptorService
{
    /// <summary>Room for link header, IPv6 header and the longest TCP header, with some for IPv6 extensions.</summary>
    private const int TapSnapLength = 144;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    /// <param name="settings">Read from <paramref name="config"/>.</param>
    /// <param name="config">The whole configuration, for Akka.</param>
    /// <param name="onReady">Called once, when replies are taken and copiers can join.</param>
    /// <param name="stop">Ends the run cleanly.</param>
    /// <returns>The figures of the run. Rules, routes and devices are as before when the task ends, however it ends.</returns>
    /// <exception cref="RulesException">The rules cannot be installed, or not all removed.</exception>
    /// <exception cref="NodeStartException">The node's address cannot be bound.</exception>
    /// <exception cref="CaptureException">The tap cannot be opened, or failed and could not be opened again.</exception>
    public static async Task<InterceptorReport> RunAsync(InterceptorSettings settings, Config config, Action onReady, CancellationToken stop)
    {
        using var sink = ReplySink.Install(ToSinkSettings(settings));
        sink.Verify();
        var address = settings.Node.Address ?? HostAddresses.Choose(settings.Node.Seeds.Count > 0 ? settings.Node.Seeds[0] : null);
        var system = NodeSystem.Start(NodeSystem.InterceptorRole, address, settings.Node.Port, config);
        try
        {
            return await RunAsync(system, settings, sink, onReady, stop).ConfigureAwait(false);
        }
        finally
        {
            await NodeSystem.StopAsync(system).ConfigureAwait(false);
        }
    }

    private static async Task<InterceptorReport> RunAsync(
        ActorSystem system, InterceptorSettings settings, ReplySink sink, Action onReady, CancellationToken stop)
    {
        var environment = new InterceptorEnvironment
        {
            Sink = sink,
            OpenTap = () => LiveCapture.Open(ToTapOptions(settings)),
            Addresses = DeviceFinder.HostAddresses,
        };
        var node = system.ActorOf(Props.Create(() => new InterceptorNode(settings, environment)), "interceptor");
        system.Log.Info("interceptor at {0}, sink {1}", NodeSystem.AddressOf(system), settings.SinkDevice);

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(stopped.SetResult);
        var ended = Task.WhenAny(stopped.Task, environment.Failed.Task, system.WhenTerminated);
        await Task.WhenAny(ended, Task.WhenAll(environment.Opened.Task, Join(system, settings.Node))).ConfigureAwait(false);
        if (!ended.IsCompleted)
            onReady();
        await ended.ConfigureAwait(false);
        if (environment.Failed.Task.IsCompleted)
            throw ToFailure(await environment.Failed.Task.ConfigureAwait(false));
        return await node.Ask<InterceptorReport>(Stop.Instance, StopLimit, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Completed when the cluster has this node.</summary>
    private static Task Join(ActorSystem system, NodeSettings node)
    {
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cluster.Get(system).RegisterOnMemberUp(joined.SetResult);
        var peers = new PeerFile(PeerFileName(NodeSystem.AddressOf(system)));
        NodeSystem.JoinOrFound(system, [.. node.Seeds.Select(NodeSystem.AddressOf), .. peers.Read()]);
        system.ActorOf(Props.Create(() => new PeerRecorder(peers)), "peers");
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
        return $"/run/tcpcopy-interceptor-{BitConverter.ToUInt64(cookie)}-{self.Host}-{self.Port}.peers";
    }

    private static Exception ToFailure(Exception? cause) => cause switch
    {
        CaptureException => cause,
        _ => new CaptureException($"the tap on the sink ended: {cause?.Message ?? "no reason given"}; start the interceptor again", cause),
    };

    private static SinkSettings ToSinkSettings(InterceptorSettings settings) => new()
    {
        Device = settings.SinkDevice,
        Mark = settings.Mark,
        RoutingTable = settings.RoutingTable,
        Dscp = settings.Dscp,
        Ports = settings.Ports,
        LocalClients = settings.LocalClients,
    };

    private static LiveCaptureOptions ToTapOptions(InterceptorSettings settings) => new()
    {
        Device = settings.SinkDevice,
        Filter = "tcp",
        SnapLength = TapSnapLength,
        BufferBytes = settings.TapBufferBytes,
        Immediate = true,
    };
}
