using Akka.Actor;
using TcpCopy.Contracts.Api;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Copier.Figures;

/// <summary>What a shard counts beside its sessions. Loop thread only.</summary>
internal sealed class ShardBooks
{
    private readonly List<ICaptureSource> _captures = [];
    private readonly Dictionary<Address, LinkBook> _links = [];
    private CaptureStatistics _closedCaptures;

    public LatencyHistogram TargetRoundTrip { get; } = new();

    public LatencyHistogram TargetFirstReply { get; } = new();

    public LatencyHistogram OnlineRoundTrip { get; } = new();

    public int Captures => _captures.Count;

    /// <summary>What libpcap counted so far, over all devices, closed ones included.</summary>
    public CaptureStatistics Captured => _captures.Aggregate(_closedCaptures, (sum, capture) => sum + capture.Statistics);

    public IReadOnlyList<LinkFigures> Links => [.. _links.Values.Select(link => link.Read())];

    /// <summary>A link's book: one for each node, for good, or its counters would run back when the node comes again.</summary>
    public LinkBook LinkTo(Address node)
    {
        if (!_links.TryGetValue(node, out var book))
            _links[node] = book = new LinkBook(node);
        return book;
    }

    public void OnOpened(ICaptureSource capture) => _captures.Add(capture);

    /// <summary>To be told while the source can still be asked.</summary>
    public void OnClosing(ICaptureSource capture)
    {
        if (_captures.Remove(capture))
            _closedCaptures += capture.Statistics;
    }
}
