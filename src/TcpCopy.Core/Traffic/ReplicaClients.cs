using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// From which address and port a replica comes: its client's own, or those of a pool, where each (address, port) goes to one live replica a target. Used from
/// one thread.
/// </summary>
public sealed class ReplicaClients
{
    private readonly IReadOnlyDictionary<HostAddress, ClientAddressPool>? _poolByTarget;
    private readonly PortAllocator? _ports;

    private ReplicaClients(IReadOnlyDictionary<HostAddress, ClientAddressPool>? poolByTarget, PortAllocator? ports) =>
        (_poolByTarget, _ports) = (poolByTarget, ports);

    /// <summary>Replicas come from their clients' own addresses and ports. Nothing is kept, so one serves all.</summary>
    public static ReplicaClients AsCaptured { get; } = new(null, null);

    /// <summary>
    /// As captured, but for a client that has the same port in connections to two online endpoints whose target is one: the second gets another port.
    /// </summary>
    /// <param name="ports">Of clients; not shared with others.</param>
    public static ReplicaClients KeptApart(PortAllocator ports) => new(null, ports);

    /// <param name="poolByTarget">The pool for each target address.</param>
    /// <param name="ports">Not shared with others.</param>
    public static ReplicaClients Of(IReadOnlyDictionary<HostAddress, ClientAddressPool> poolByTarget, PortAllocator ports) => new(poolByTarget, ports);

    /// <summary>The address alone, which costs nothing and is always the same.</summary>
    public HostAddress AddressFor(in Endpoint client, in Endpoint target) =>
        _poolByTarget is null ? client.Address : _poolByTarget[target.Address].AddressFor(client.Address);

    /// <param name="client">As captured. Its port is the replica's, too, where it may be and is free.</param>
    /// <param name="target">Where the replica goes.</param>
    /// <param name="replica">The connection as the target will see it; <see cref="Release"/> it when it is closed.</param>
    /// <returns>False when no port is left.</returns>
    public bool TryRent(in Endpoint client, in Endpoint target, out FlowKey replica)
    {
        var (address, port) = (AddressFor(client, target), client.Port);
        var isFound = _ports is null || _ports.TryRent(address, target, client.Port, out port);
        replica = new FlowKey(new Endpoint(address, port), target);
        return isFound;
    }

    public void Release(in FlowKey replica) => _ports?.Release(replica.Client.Address, replica.Server, replica.Client.Port);
}
