using System.Globalization;
using System.Runtime.InteropServices;
using TcpCopy.Contracts.Settings;
using TcpCopy.Node.Hosting;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Cli.Hosting;

/// <summary>The host lacks something that a node needs; the message says what and the remedy.</summary>
internal sealed class HostException(string message) : Exception(message);

/// <summary>What a node needs of its host, asked before anything is started.</summary>
internal static class HostChecks
{
    // Bits of the capability sets (capabilities(7)).
    private const int NetAdmin = 12;
    private const int NetRaw = 13;

    private static readonly string[] PcapNames = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"];

    /// <exception cref="HostException">No rights, or no libpcap.</exception>
    public static void ForCopier()
    {
        DemandCapabilities("capture and forge packets");
        DemandPcap();
    }

    /// <exception cref="HostException">No rights, or no libpcap.</exception>
    /// <exception cref="RulesException">No nft or ip.</exception>
    public static void ForInterceptor()
    {
        DemandCapabilities("install rules and capture replies");
        SystemCommand.DemandPrograms("ip", "nft");
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

    /// <param name="purpose">What the rights are needed for, as in "to install ...".</param>
    /// <exception cref="HostException">Not all rights are there.</exception>
    public static void DemandCapabilities(string purpose)
    {
        var effective = EffectiveCapabilities();
        if ((effective >> NetAdmin & effective >> NetRaw & 1) == 0)
            throw new HostException($"not allowed to {purpose}: run as root (e.g. with sudo), or with the capabilities NET_ADMIN and NET_RAW");
    }

    private static ulong EffectiveCapabilities()
    {
        const string Key = "CapEff:";
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
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
