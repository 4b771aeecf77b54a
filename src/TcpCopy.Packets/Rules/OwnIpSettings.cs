using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Rules;

/// <summary>How the online host tells a target's answers to its own replicas from other traffic.</summary>
public sealed record OwnIpSettings
{
    /// <summary>Where replicas go; at least one.</summary>
    public required IReadOnlyCollection<Endpoint> Targets { get; init; }

    /// <summary>Ports that replicas come from.</summary>
    public required PortRange Ports { get; init; }

    /// <summary>DSCP value 0-63 that replicas carry.</summary>
    public byte Dscp { get; init; } = 0x2a;
}
