using TcpCopy.Core.Traffic;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// The pcap filter of a copier: what clients send to an online endpoint and that matters (payload, SYN, FIN or RST; a bare
/// acknowledgement is dropped in the kernel), and the online host's SYN-ACKs and resets. What carries the replicas' mark is no client's.
/// <para>VLANs: of one tag the kernel has relieved a received frame before the filter sees it. Frames with two are not covered, nor on the
/// lower device the host's own SYN-ACK where the tag is in the frame already: capture on the VLAN's device for those. Nor is TCP behind IPv6
/// extension headers, other than the eight bytes of hop-by-hop options that announce a jumbogram.</para>
/// </summary>
public static class CaptureFilter
{
    private const int V6HeaderLength = 40;
    private const int JumboOptionLength = 8;

    /// <summary>
    /// Payload, SYN, FIN or RST. The lengths are those of the IP and TCP headers. Where IP's total length is 0 (BIG TCP) the difference wraps below zero and is
    /// not zero either, so those pass.
    /// </summary>
    private const string MattersV4 = "(tcp[13] & 7 != 0 or ip[2:2] - ((ip[0] & 15) << 2) - ((tcp[12] & 0xf0) >> 2) != 0)";

    private const string BeginsV4 = "tcp[13] & 0x16 = 2";

    /// <param name="transfers">At least one.</param>
    /// <param name="dscp">0 to 63: the mark of replicas.</param>
    /// <param name="extraFilter">
    /// The user's own filter, which narrows what is taken of clients; empty: none. It is not checked here. Without the online host's SYN-ACK nobody would know
    /// whether that one speaks first, and without its resets that the client is gone.
    /// </param>
    /// <param name="shard">Which flows; the default is all.</param>
    public static string Build(IReadOnlyList<Transfer> transfers, byte dscp, string extraFilter = "", FlowShard? shard = null)
    {
        if (transfers.Count == 0)
            throw new ArgumentException("there is nothing to capture without a transfer", nameof(transfers));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dscp, (byte)63);
        var part = shard ?? FlowShard.Whole;
        List<string> online = [], clients = [];
        if (OfV4(transfers) is { Count: > 0 } v4)
        {
            online.Add(OnlineV4(v4, part));
            clients.Add(ClientsV4(v4, dscp, part, MattersV4));
        }
        if (OfV6(transfers) is { Count: > 0 } v6)
        {
            online.Add(OnlineV6(v6, part));
            clients.AddRange([ClientsV6(v6, dscp, part, MattersV6(V6HeaderLength)), JumboClientsV6(v6, dscp, part)]);
        }
        // The user's filter at the end: some words of pcap's language change what stands behind them.
        return AnyOf([.. online, Narrow(AnyOf(clients), extraFilter)]);
    }

    /// <summary>Of what <see cref="Build"/> takes the packets that begin a connection: clients' SYNs.</summary>
    /// <inheritdoc cref="Build" path="/param"/>
    public static string BuildBeginnings(IReadOnlyList<Transfer> transfers, byte dscp, string extraFilter, FlowShard shard)
    {
        List<string> clauses = [];
        if (OfV4(transfers) is { Count: > 0 } v4)
            clauses.Add(ClientsV4(v4, dscp, shard, BeginsV4));
        if (OfV6(transfers) is { Count: > 0 } v6)
            clauses.Add(ClientsV6(v6, dscp, shard, $"ip6[{V6HeaderLength + 13}] & 0x16 = 2"));
        return Narrow(AnyOf(clauses), extraFilter);
    }

    /// <summary>
    /// What online endpoints answer and that matters, for a copier that compares. The user's own filter is about clients and has no part in it: answers to
    /// those that are not copied are sorted out later.
    /// </summary>
    /// <param name="transfers">At least one.</param>
    /// <param name="shard">Which flows.</param>
    public static string BuildAnswers(IReadOnlyList<Transfer> transfers, FlowShard shard)
    {
        List<string> clauses = [];
        if (OfV4(transfers) is { Count: > 0 } v4)
            clauses.Add($"(ip and {FromV4(v4, shard)} and {MattersV4})");
        if (OfV6(transfers) is { Count: > 0 } v6)
            clauses.Add($"(ip6 and ip6[6] = 6 and {FromV6(v6, shard)} and {MattersV6(V6HeaderLength)})");
        return AnyOf(clauses);
    }

    private static List<Transfer> OfV4(IReadOnlyList<Transfer> transfers) => [.. transfers.Where(transfer => transfer.OnlineAddress is not { IsV4: false })];

    private static List<Transfer> OfV6(IReadOnlyList<Transfer> transfers) => [.. transfers.Where(transfer => transfer.OnlineAddress is not { IsV4: true })];

    private static string Narrow(string filter, string extraFilter) => string.IsNullOrWhiteSpace(extraFilter) ? filter : $"({filter} and ({extraFilter}))";

    private static string ClientsV4(List<Transfer> transfers, byte dscp, FlowShard shard, string what) =>
        $"(ip and {Selected(transfers, "dst", port => $"tcp dst port {port}")}{InShard(shard, "tcp[0:2]")}"
        + $" and ip[1] & 0xfc != {dscp << 2} and {what})";

    private static string OnlineV4(List<Transfer> transfers, FlowShard shard) => $"(ip and {FromV4(transfers, shard)}"
        + " and (tcp[13] & 0x12 = 0x12 or tcp[13] & 4 != 0))";

    private static string FromV4(List<Transfer> transfers, FlowShard shard) =>
        $"{Selected(transfers, "src", port => $"tcp src port {port}")}{InShard(shard, "tcp[2:2]")}";

    /// <summary>For IPv6 pcap's language reaches TCP fields by their offsets alone.</summary>
    private static string ClientsV6(List<Transfer> transfers, byte dscp, FlowShard shard, string what) =>
        $"(ip6 and ip6[6] = 6 and {ClientsAt(V6HeaderLength, transfers, dscp, shard, what)})";

    /// <summary>Linux announces super-segments beyond 64 KB by a hop-by-hop header with the jumbo option alone (RFC 2675).</summary>
    private static string JumboClientsV6(List<Transfer> transfers, byte dscp, FlowShard shard) =>
        "(ip6 and ip6[6] = 0 and ip6[40] = 6 and ip6[41] = 0 and"
        + $" {ClientsAt(V6HeaderLength + JumboOptionLength, transfers, dscp, shard, MattersV6(V6HeaderLength + JumboOptionLength))})";

    private static string ClientsAt(int offset, List<Transfer> transfers, byte dscp, FlowShard shard, string what) =>
        $"{Selected(transfers, "dst", port => $"ip6[{offset + 2}:2] = {port}")}{InShard(shard, $"ip6[{offset}:2]")}"
        + $" and ip6[0:2] & 0x0fc0 != {dscp << 6} and {what}";

    private static string OnlineV6(List<Transfer> transfers, FlowShard shard) =>
        $"(ip6 and ip6[6] = 6 and {FromV6(transfers, shard)} and (ip6[53] & 0x12 = 0x12 or ip6[53] & 4 != 0))";

    private static string FromV6(List<Transfer> transfers, FlowShard shard) =>
        $"{Selected(transfers, "src", port => $"ip6[40:2] = {port}")}{InShard(shard, "ip6[42:2]")}";

    private static string MattersV6(int offset) =>
        $"(ip6[{offset + 13}] & 7 != 0 or ip6[4:2] = 0 or ip6[4:2] - {offset - V6HeaderLength} - ((ip6[{offset + 12}] & 0xf0) >> 2) != 0)";

    private static string Selected(List<Transfer> transfers, string side, Func<ushort, string> hasPort) =>
        AnyOf([.. transfers
            .Select(transfer => transfer.OnlineAddress is { } address
                ? $"({hasPort(transfer.OnlinePort)} and {side} host {address})"
                : hasPort(transfer.OnlinePort))
            .Distinct()]);

    private static string InShard(FlowShard shard, string clientPort) =>
        shard.Count == 1 ? "" : $" and {clientPort} % {shard.Count} = {shard.Index}";

    private static string AnyOf(List<string> clauses) => clauses.Count == 1 ? clauses[0] : $"({string.Join(" or ", clauses)})";
}
