using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>Turns a host's name into its addresses.</summary>
/// <exception cref="SocketException">The name is unknown or cannot be asked for.</exception>
public delegate IReadOnlyList<HostAddress> HostResolver(string name);

/// <summary>Reads "host[:port]" of a node: an address, or a name that the resolver knows.</summary>
internal static class NodeEndpoint
{
    public const string Form = "write host[:port], IPv6 as [address]:port";

    public static IReadOnlyList<HostAddress> Resolve(string name) =>
        [.. Dns.GetHostAddresses(name).Select(address => HostAddress.FromBytes(address.GetAddressBytes()))];

    /// <summary>The endpoint, or a fault with its remedy.</summary>
    public static (Endpoint Endpoint, string? Fault) Read(string text, HostResolver resolve)
    {
        if (!TrySplit(text, out var host, out var port, out var fault))
            return (default, fault);
        if (HostAddress.TryParse(host, out var address))
            return (new Endpoint(address, port), null);
        if (host.Any(letter => char.IsWhiteSpace(letter) || letter is '[' or ']' or '/' or ':'))
            return (default, $"'{host}' is no host: {Form}");
        try
        {
            var found = resolve(host);
            // Nodes listen on one address; of a name with both kinds IPv4 is what the other side most likely announced.
            return found.Count == 0
                ? (default, $"the name '{host}' has no address; give the node's address instead")
                : (new Endpoint(found.FirstOrDefault(candidate => candidate.IsV4, found[0]), port), null);
        }
        catch (SocketException e)
        {
            return (default, $"the name '{host}' cannot be resolved ({e.Message}); mend it or give the node's address instead");
        }
    }

    private static bool TrySplit(string text, out string host, out ushort port, out string? fault)
    {
        (host, port, fault) = (text, NodeSettings.DefaultPort, null);
        var close = text.IndexOf(']', StringComparison.Ordinal);
        if (text.StartsWith('[') && close > 0)
        {
            host = text[1..close];
            text = text[(close + 1)..];
            if (text.Length == 0)
                return true;
            if (text[0] != ':')
                fault = $"'{text}' follows the bracket: {Form}";
            else
                fault = Core.Traffic.TransferParser.PortFault(text[1..], out port);
            return fault is null;
        }
        // More than one colon without brackets: an IPv6 address alone.
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || text.IndexOf(':', colon + 1) >= 0)
            return true;
        host = text[..colon];
        fault = host.Length == 0 ? $"the host is missing: {Form}" : Core.Traffic.TransferParser.PortFault(text[(colon + 1)..], out port);
        return fault is null;
    }
}
