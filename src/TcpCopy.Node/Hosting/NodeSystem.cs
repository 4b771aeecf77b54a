using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Security;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Node.Hosting;

/// <summary>Starts and ends a node's actor system: its address, its role, its place in the cluster.</summary>
public static class NodeSystem
{
    /// <summary>Every node's system has this name; Akka refuses peers of another.</summary>
    public const string Name = "tcpcopy";

    public const string CopierRole = "copier";

    public const string InterceptorRole = "interceptor";

    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Binds the place for a moment. Asked before anything is started: what is wrong with it is then one clear line, where a starting system would
    /// log its failure at length.
    /// </summary>
    /// <exception cref="NodeStartException">The address cannot be bound.</exception>
    public static void DemandFree(HostAddress address, int port)
    {
        var bytes = new byte[address.ByteLength];
        address.WriteTo(bytes);
        using var probe = new Socket(address.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(new IPAddress(bytes), port));
        }
        catch (SocketException error)
        {
            throw new NodeStartException(DescribeBindFailure(new Endpoint(address, (ushort)port), error), error);
        }
    }

    /// <summary>Starts the system and binds its port; joins nothing yet.</summary>
    /// <param name="roles">What the node is to the cluster.</param>
    /// <param name="address">Address to bind and announce.</param>
    /// <param name="port">0: the kernel chooses.</param>
    /// <param name="config">The node's whole configuration.</param>
    /// <param name="security">From <see cref="NodeSecurity.Demand"/>; null: nodes talk in the clear.</param>
    /// <exception cref="NodeStartException">The address cannot be bound, or Akka's own settings make no system.</exception>
    public static ActorSystem Start(
        IReadOnlyList<string> roles, HostAddress address, int port, Config config, CredentialsSetup? security = null)
    {
        var place = ConfigurationFactory.ParseString(
            $$"""
            akka.remote.loop-tcp { hostname = "{{address}}", port = {{port.ToString(CultureInfo.InvariantCulture)}} }
            akka.cluster.roles = [{{string.Join(", ", roles.Select(role => $"\"{role}\""))}}]
            """);
        DemandBindable(new Endpoint(address, (ushort)port));
        try
        {
            var system = Create(place.WithFallback(config), security);
            NodeSecurity.SayWhatIsOpen(system, address, security);
            system.ActorOf(Props.Create(() => new MisaddressedWatch($"{AddressOf(system).Host}:{AddressOf(system).Port}")), "misaddressed");
            system.ActorOf(Props.Create(() => new DeadCopierWatch()), "dead-copiers");
            return system;
        }
        catch (Exception error) when (FindBindFailure(error) is { } failure)
        {
            throw new NodeStartException(DescribeBindFailure(new Endpoint(address, (ushort)port), failure), error);
        }
        catch (Exception error)
        {
            // Akka checks no settings before it makes use of them: what it trips over then may be anything.
            throw new NodeStartException(
                $"Akka does not start with its settings ({error.GetBaseException().Message}): look at the section 'akka' of the configuration file", error);
        }
    }

    /// <summary>The system's address as peers must name it.</summary>
    public static Address AddressOf(ActorSystem system) => Cluster.Get(system).SelfAddress;

    public static Address AddressOf(Endpoint node) => new("akka.tcp", Name, node.Address.ToString(), node.Port);

    /// <summary>Whether the cluster has this node, and hears of it.</summary>
    public static bool IsReachable(ActorSystem system, Address node)
    {
        var state = Cluster.Get(system).State;
        return state.Members.Any(member => member.Address.Equals(node)) && !state.Unreachable.Any(member => member.Address.Equals(node));
    }

    /// <summary>Joins whichever of <paramref name="others"/> answers; when none does (or there are none) the node is its cluster's first.</summary>
    public static void JoinOrFound(ActorSystem system, IReadOnlyCollection<Address> others)
    {
        var cluster = Cluster.Get(system);
        if (others.Count == 0)
            cluster.Join(cluster.SelfAddress);
        else
            // Akka lets the node that stands first found the cluster, once the others have had their time to answer.
            cluster.JoinSeedNodes([cluster.SelfAddress, .. others.Where(other => other != cluster.SelfAddress)]);
    }

    /// <summary>Leaves the cluster, so that the others need not find out, and ends the system.</summary>
    public static async Task StopAsync(ActorSystem system)
    {
        using var limit = new CancellationTokenSource(LeaveLimit);
        try
        {
            await Cluster.Get(system).LeaveAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody confirmed in time, as when the node never joined: the others' failure detectors do the rest.
        }
        await system.Terminate().ConfigureAwait(false);
    }

    /// <summary>
    /// For a system that is to end without leaving the cluster, by <see cref="ActorSystem.Terminate"/> alone: to the others it is as if it had been killed, and
    /// they wait for its successor.
    /// </summary>
    public static Config Vanishing(Config config) => ConfigurationFactory
        .ParseString("akka.coordinated-shutdown { run-by-actor-system-terminate = off, run-by-clr-shutdown-hook = off }").WithFallback(config);

    /// <summary>Binds the place and lets it go: a system that fails to bind has logged a page by then, and one line says it all.</summary>
    private static void DemandBindable(Endpoint place)
    {
        var address = IPAddress.Parse(place.Address.ToString());
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(address, place.Port));
        }
        catch (SocketException error)
        {
            throw new NodeStartException(DescribeBindFailure(place, error), error);
        }
    }

    /// <summary>By a set-up, Akka looks for an application's XML configuration beside: 5 MB of libraries, for a file that no node has.</summary>
    private static ActorSystem Create(Config config, CredentialsSetup? security) => security is null
        ? ActorSystem.Create(Name, config)
        : ActorSystem.Create(Name, BootstrapSetup.Create().WithConfig(config).And(security));

    private static Exception? FindBindFailure(Exception? error) => error switch
    {
        null => null,
        AggregateException many => many.InnerExceptions.Select(FindBindFailure).FirstOrDefault(found => found is not null),
        SocketException => error,
        _ => FindBindFailure(error.InnerException),
    };

    private static string DescribeBindFailure(Endpoint place, Exception failure) => ((SocketException)failure).SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"{place} is in use by another process (a second node?): stop that one, or give this node another address or port with -b",
        SocketError.AddressNotAvailable =>
            $"{place.Address} is not an address of this host (it has {string.Join(", ", DeviceFinder.HostAddresses())}): give one of these with -b",
        SocketError.AccessDenied => $"no permission to bind {place}: run as root or give a port above 1023 with -b",
        _ => $"cannot bind {place}: {failure.Message}; give another address or port with -b",
    };
}

/// <summary>A node cannot start; the message says what, where and how to mend it.</summary>
public sealed class NodeStartException(string message, Exception? inner = null) : Exception(message, inner);
