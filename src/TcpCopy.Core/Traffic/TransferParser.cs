using System.Globalization;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>Reads the transfer syntax of the command line and of settings: <c>[onlineIP:]port-targetIP:port[,...]</c>, IPv6 in brackets.</summary>
public static class TransferParser
{
    public const string Form = "[onlineIP:]port-targetIP:port";

    private const string Example = "80-10.0.0.148:8080, 10.0.0.13:80-10.0.0.148:8080 or [2001:db8::1]:80-[2001:db8::2]:8080";

    /// <exception cref="FormatException">Names the offending piece and the form expected.</exception>
    public static IReadOnlyList<Transfer> Parse(string text)
    {
        var pieces = text.Split(',', StringSplitOptions.TrimEntries);
        return [.. pieces.Select(ParseOne)];
    }

    /// <summary>Reads "address:port", IPv6 in brackets.</summary>
    /// <param name="text">Nothing but the endpoint.</param>
    /// <param name="endpoint">What was read.</param>
    /// <param name="fault">What is wrong; null when nothing is.</param>
    public static bool TryParseEndpoint(string text, out Endpoint endpoint, out string? fault)
    {
        endpoint = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            fault = $"'{text}' has no port: write address:port";
            return false;
        }
        fault = AddressFault(text[..colon], out var address) ?? PortFault(text[(colon + 1)..], out _);
        if (fault is not null)
            return false;
        _ = PortFault(text[(colon + 1)..], out var port);
        endpoint = new Endpoint(address, port);
        return true;
    }

    /// <summary>What keeps <paramref name="text"/> from being a TCP port, 1 to 65535; null when it is one.</summary>
    public static string? PortFault(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0
            ? null
            : $"'{text}' is not a port: give a number from 1 to 65535";

    private static Transfer ParseOne(string piece)
    {
        if (piece.Length == 0)
            throw new FormatException($"a transfer is empty: write {Form}, e.g. {Example}");
        var dash = piece.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
            throw Fault(piece, "the '-' between online and target is missing");
        if (!TryParseEndpoint(piece[(dash + 1)..], out var target, out var fault))
            throw Fault(piece, fault!);
        if (target.Address.IsAny)
            throw Fault(piece, $"{target.Address} names no host to copy to");
        var online = piece[..dash];
        if (!online.Contains(':', StringComparison.Ordinal))
            return new Transfer(null, PortFault(online, out var port) is { } wrong ? throw Fault(piece, wrong) : port, target);
        if (!TryParseEndpoint(online, out var end, out fault))
            throw Fault(piece, fault!);
        if (!end.Address.IsAny && end.Address.IsV4 != target.Address.IsV4)
            throw Fault(piece, $"online {end.Address} and target {target.Address} are not of the same IP version");
        return new Transfer(end.Address.IsAny ? null : end.Address, end.Port, target);
    }

    private static string? AddressFault(string text, out HostAddress address)
    {
        var bracketed = text.StartsWith('[') && text.EndsWith(']');
        var bare = bracketed ? text[1..^1] : text;
        if (!HostAddress.TryParse(bare, out address))
            return $"'{text}' is not an IPv4 address or an IPv6 address in brackets";
        if (address.IsV4 == bracketed)
            return bracketed ? $"'{text}': brackets are for IPv6 alone" : $"'{text}': write an IPv6 address in brackets";
        return null;
    }

    private static FormatException Fault(string piece, string fault) =>
        new($"'{piece}': {fault}; a transfer is {Form}, e.g. {Example}");
}
