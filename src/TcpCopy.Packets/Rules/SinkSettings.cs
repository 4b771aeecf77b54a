using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Rules;

/// <summary>How replies to replicas are told from others and where they are swallowed.</summary>
public sealed record SinkSettings
{
    /// <summary>Name of the sink device, at most 15 characters.</summary>
    public string Device { get; init; } = "tcpcopy0";

    /// <summary>Mark of replica connections (conntrack) and of the replies to them (packet).</summary>
    public uint Mark { get; init; } = 0x7c90;

    /// <summary>Number of the routing table whose default route is the sink.</summary>
    public int RoutingTable { get; init; } = 790;

    /// <summary>DSCP value 0-63 that replicas carry.</summary>
    public byte Dscp { get; init; } = 0x2a;

    /// <summary>By what replies to replicas are told. Policy rules and nftables have a part in all but <see cref="ReplicaSelection.Clients"/>.</summary>
    public ReplicaSelection Selection { get; init; }

    /// <summary>With <see cref="ReplicaSelection.Clients"/>: where replicas come from; nobody else may be there.</summary>
    public IReadOnlyCollection<AddressRange> Clients { get; init; } = [];

    /// <summary>Whether replies go to a queue of the kernel's in place of a device: no device, no routing table and no policy rule has a part in it.</summary>
    public bool IsQueue { get; init; }

    /// <summary>Number of that queue.</summary>
    public ushort QueueNumber { get; init; } = 790;

    /// <summary>Target ports served from the start; more come by <see cref="ReplySink.SetPorts"/>.</summary>
    public IReadOnlyCollection<ushort> Ports { get; init; } = [];

    /// <summary>
    /// True where replicas come from addresses of this very host (everything on one machine): then the mark has to be asked before the
    /// kernel's table of local addresses, which is moved behind it for as long as the sink is installed.
    /// </summary>
    public bool LocalClients { get; init; }
}
