using System.Globalization;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Capture;

/// <summary>The pcap filters of taps that see other traffic than replies, too.</summary>
public static class TapFilter
{
    /// <summary>What the target routes to an assistant: TCP that arrives there and is meant for others.</summary>
    /// <param name="clients">Where replicas come from; empty: anywhere.</param>
    /// <param name="ports">The targets'; empty: any.</param>
    /// <param name="own">The assistant's addresses, to which its own connections go.</param>
    public static string OfAssistant(IEnumerable<AddressRange> clients, IEnumerable<ushort> ports, IEnumerable<HostAddress> own) =>
        "tcp" + AnyOf("", clients.Select(range => $"dst net {range}")) + AnyOf("", ports.Select(port => $"src port {port}"))
        + AnyOf("not ", own.Select(address => $"dst host {address}"));

    /// <summary>What targets answer to replicas that left with the online host's own address.</summary>
    public static string OfOwnIp(IEnumerable<Endpoint> targets, PortRange ports) =>
        $"tcp and dst portrange {ports}" + AnyOf("", targets.Select(AsSource));

    private static string AsSource(Endpoint target) =>
        string.Create(CultureInfo.InvariantCulture, $"(src host {target.Address} and src port {target.Port})");

    private static string AnyOf(string sense, IEnumerable<string> clauses) =>
        string.Join(" or ", clauses) is { Length: > 0 } any ? $" and {sense}({any})" : "";
}
