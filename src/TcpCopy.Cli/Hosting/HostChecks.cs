using System.Runtime.InteropServices;
using TcpCopy.Contracts.Settings;
using TcpCopy.Node.Hosting;
using TcpCopy.Packets.Privileges;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Cli.Hosting;

/// <summary>The host lacks something that a node needs; the message says what and the remedy.</summary>
internal sealed class HostException(string message) : Exception(message);

/// <summary>What a node needs of its host, asked before anything is started.</summary>
internal static class HostChecks
{
    private static readonly string[] PcapNames = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"];

    /// <exception cref="HostException">No rights, or no libpcap.</exception>
    public static void ForCopier(RulesOwner rules)
    {
        DemandCapabilities("capture and forge packets", rules == RulesOwner.Own);
        DemandPcap();
    }

    /// <exception cref="HostException">No rights, or no libpcap.</exception>
    /// <exception cref="RulesException">No nft or ip.</exception>
    public static void ForInterceptor(InterceptorSettings settings)
    {
        DemandCapabilities(settings.ChangesRules ? "install rules and capture replies" : "capture replies", settings.ChangesRules);
        if (settings.Placement == InterceptorPlacement.Target)
            SystemCommand.DemandPrograms(settings.ChangesRules ? ["ip", "nft"] : ["ip"]);
        DemandPcap();
    }

    /// <summary>Chooses the node's address where none is set, and checks that it can be bound.</summary>
    /// <exception cref="NodeStartException">It cannot.</exception>
    public static NodeSettings Place(NodeSettings node)
    {
        var address = node.Address ?? HostAddresses.Choose(node.Seeds.Count > 0 ? node.Seeds[0] : null);
        NodeSystem.DemandFree(address, node.Port);
        return node with { Address = address };
    }

    private static void DemandCapabilities(string purpose, bool changesRules)
    {
        var needed = NodeRights.Least(changesRules);
        if ((needed & ~Confinement.Permitted) == 0)
            return;
        var remedy = changesRules
            ? "the capabilities NET_ADMIN and NET_RAW; NET_RAW alone is enough where rules are applied outside of the node (--rules outside)"
            : "the capability NET_RAW";
        throw new HostException($"not allowed to {purpose}: run as root (e.g. with sudo), or with {remedy}");
    }

    private static void DemandPcap()
    {
        foreach (var name in PcapNames)
        {
            if (!NativeLibrary.TryLoad(name, out var handle))
                continue;
            NativeLibrary.Free(handle);
            return;
        }
        throw new HostException("libpcap cannot be loaded: install the package libpcap0.8 (Debian, Ubuntu) or libpcap (Fedora, Alpine)");
    }
}
