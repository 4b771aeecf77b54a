using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>One entry of the list of targets that may be copied to: addresses, a port, or both.</summary>
/// <param name="Addresses">Null: any.</param>
/// <param name="Port">Null: any.</param>
public sealed record AllowedTarget(AddressRange? Addresses, ushort? Port)
{
    public const string Form = "ADDRESS[/BITS][:PORT] or *:PORT, IPv6 in brackets where a port follows";

    private const string Any = "*";

    public bool Covers(Endpoint target) => Addresses?.Contains(target.Address) != false && (Port ?? target.Port) == target.Port;

    /// <summary>Reads <see cref="Form"/>: "10.0.0.148:8080", "10.0.0.0/24", "*:8080", "[fd00::/8]:80".</summary>
    /// <param name="text">Nothing but the entry.</param>
    /// <param name="allowed">What was read.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Read(string text, out AllowedTarget allowed)
    {
        allowed = new AllowedTarget(null, null);
        var (host, portText) = Split(text);
        ushort? port = null;
        if (portText is not null)
        {
            if (TransferParser.PortFault(portText, out var number) is { } fault)
                return fault;
            port = number;
        }
        if (host == Any)
        {
            allowed = new AllowedTarget(null, port);
            return port is null ? $"it would allow everything, as an empty list does: write {Form}" : null;
        }
        if (AddressRange.Parse(host, out var range) is { } wrong)
            return $"{wrong}; the form is {Form}";
        allowed = new AllowedTarget(range, port);
        return null;
    }

    /// <summary>As it is written.</summary>
    public override string ToString()
    {
        var host = Addresses?.ToString() ?? Any;
        if (Port is null)
            return host;
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{Port}" : $"{host}:{Port}";
    }

    private static (string Host, string? Port) Split(string text)
    {
        var close = text.IndexOf(']', StringComparison.Ordinal);
        if (text.StartsWith('[') && close == text.Length - 1)
            return (text[1..close], null);
        if (text.StartsWith('[') && close > 0 && text[close + 1] == ':')
            return (text[1..close], text[(close + 2)..]);
        // More than one colon without brackets: IPv6 alone.
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || text.IndexOf(':', colon + 1) >= 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }
}
