using TcpCopy.Packets.Privileges;

namespace TcpCopy.Packets.Rules;

/// <summary>What this process may do, asked before anything is touched so that the answer is one clear line.</summary>
internal static class Privilege
{
    /// <summary>True when rules can be changed and all of them read: nft answers nobody else.</summary>
    public static bool HasNetworkAdministration => Confinement.Permitted.HasFlag(Capabilities.NetworkAdministration);

    /// <param name="purpose">What it is needed for, as in "to install ...".</param>
    /// <exception cref="RulesException">The process lacks the capability NET_ADMIN.</exception>
    public static void DemandNetworkAdministration(string purpose)
    {
        if (!HasNetworkAdministration)
            throw new RulesException($"not allowed to {purpose}: run as root, for example with sudo");
    }
}
