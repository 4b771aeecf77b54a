using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using TcpCopy.Node.Remoting;

namespace TcpCopy.Node.Hosting;

/// <summary>
/// Takes copiers that were killed out of the cluster. Each start of a copier has another port, so nobody replaces them; and as long as they count as members
/// nobody who comes becomes a full one, and an interceptor that was killed, too, cannot come back at all. Dead is a copier that this node was connected to, and
/// whose host says time and again that nobody listens at its port. Of one that cannot be reached nothing is heard at all, and one that this node never met may
/// lie behind a firewall that refuses in its name: those are waited for.
/// </summary>
public sealed class DeadCopierWatch : UntypedActor, IWithTimers
{
    /// <summary>One refusal may be a firewall's that is being loaded.</summary>
    private const int Refusals = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>More nodes than a cluster has; beyond it they are forgotten, and the dead among them waited for.</summary>
    private const int MostMet = 4_096;

    private readonly Cluster _cluster = Cluster.Get(Context.System);

    /// <summary>Nodes that this one was connected to.</summary>
    private readonly HashSet<Address> _met = [];

    /// <summary>Copiers that are not heard of, and how often on end connections to them were refused.</summary>
    private readonly Dictionary<Address, int> _silent = [];

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AssociatedEvent));
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.MemberRemoved));
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _cluster.Unsubscribe(Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AssociatedEvent associated:
                Meet(associated.RemoteAddress);
                break;
            case ClusterEvent.UnreachableMember { Member: var member } when member.HasRole(NodeSystem.CopierRole):
                _silent.TryAdd(member.Address, 0);
                if (!Timers.IsTimerActive(Probe.Instance))
                    Timers.StartPeriodicTimer(Probe.Instance, Probe.Instance, TimeSpan.Zero, Interval);
                break;
            case ClusterEvent.ReachableMember { Member: var member }:
                Forget(member.Address);
                break;
            case ClusterEvent.MemberRemoved { Member: var member }:
                Forget(member.Address);
                _met.Remove(member.Address);
                break;
            case Probe:
                foreach (var node in _silent.Keys.Where(IsGone))
                    RefusesAsync(node).PipeTo(Self, success: isRefused => new Probed(node, isRefused));
                break;
            case Probed probed when _silent.TryGetValue(probed.Node, out var refusals):
                OnProbed(probed, refusals);
                break;
        }
    }

    private void Meet(Address node)
    {
        if (_met.Count == MostMet)
            _met.Clear();
        _met.Add(node);
    }

    private bool IsGone(Address node) => _met.Contains(node) && !LoopTransport.IsConnected(Context.System, node);

    private void OnProbed(Probed probed, int refusals)
    {
        _silent[probed.Node] = probed.IsRefused ? ++refusals : 0;
        if (!probed.IsRefused || refusals != Refusals)
            return;
        Context.GetLogger().Info("the copier at {0} is dead, nobody listens there any more: it is taken out of the cluster", probed.Node);
        _cluster.Down(probed.Node);
    }

    private void Forget(Address node)
    {
        if (_silent.Remove(node) && _silent.Count == 0)
            Timers.Cancel(Probe.Instance);
    }

    private static async Task<bool> RefusesAsync(Address node)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(node.Host!, node.Port!.Value, limit.Token).ConfigureAwait(false);
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Probe
    {
        public static readonly Probe Instance = new();
    }

    private sealed record Probed(Address Node, bool IsRefused);
}
