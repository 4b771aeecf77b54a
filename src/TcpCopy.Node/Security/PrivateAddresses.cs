using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Security;

/// <summary>Addresses that no stranger reaches over the Internet, so that a cluster port without TLS may listen there.</summary>
public static class PrivateAddresses
{
    // RFC 6598's 100.64.0.0/10 is not among them: a carrier's other customers are there, too.
    private static readonly AddressRange[] Ranges =
    [
        Range("127.0.0.0/8"),
        Range("::1"),
        // RFC 1918.
        Range("10.0.0.0/8"),
        Range("172.16.0.0/12"),
        Range("192.168.0.0/16"),
        // RFC 4193.
        Range("fc00::/7"),
        // Link-local: RFC 3927, RFC 4291 section 2.5.6.
        Range("169.254.0.0/16"),
        Range("fe80::/10"),
        // RFC 2544 gave it to test networks; routers of the Internet forward none of it.
        Range("198.18.0.0/15"),
    ];

    public static bool Contain(HostAddress address)
    {
        foreach (var range in Ranges)
        {
            if (range.Contains(address))
                return true;
        }
        return false;
    }

    private static AddressRange Range(string text) =>
        AddressRange.Parse(text, out var range) is { } fault ? throw new FormatException(fault) : range;
}
