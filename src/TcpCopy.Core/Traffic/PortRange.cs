using System.Globalization;

namespace TcpCopy.Core.Traffic;

/// <summary>TCP ports from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
public readonly record struct PortRange(ushort First, ushort Last)
{
    public int Count => Last - First + 1;

    /// <summary>Reads "61001-65535".</summary>
    /// <param name="text">Nothing but the range.</param>
    /// <param name="range">What was read.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Parse(string text, out PortRange range)
    {
        range = default;
        var ends = text.Split('-', StringSplitOptions.TrimEntries);
        if (ends.Length != 2)
            return $"'{text}' is not a range of ports: write the first and the last, as in 61001-65535";
        if ((TransferParser.PortFault(ends[0], out var first) ?? TransferParser.PortFault(ends[1], out _)) is { } fault)
            return fault;
        _ = TransferParser.PortFault(ends[1], out var last);
        range = new PortRange(first, last);
        return first <= last ? null : $"'{text}' ends before it begins: write {last}-{first}";
    }

    public bool Contains(ushort port) => port >= First && port <= Last;

    public bool Overlaps(PortRange other) => First <= other.Last && other.First <= Last;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
