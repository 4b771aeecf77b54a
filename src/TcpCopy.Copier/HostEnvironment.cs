using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Copier;

/// <summary>This host's devices, routes and sockets, as a shard uses them.</summary>
internal static class HostEnvironment
{
    private const int HeaderBytesV4 = 20 + 20;
    private const int HeaderBytesV6 = 40 + 20;

    /// <summary>Of clients: below are those of servers.</summary>
    private static readonly PortRange ClientPorts = new(1024, ushort.MaxValue);

    /// <summary>
    /// Transfers without an online address mean this host's own ones: the same port of another host, to which this one is a client, is not what
    /// is to be copied. Loopback is taken for loopback targets alone, since its addresses are martians anywhere else.
    /// </summary>
    /// <exception cref="NodeStartException">The host has no address that fits.</exception>
    public static IReadOnlyList<Transfer> NameOnlineAddresses(IReadOnlyList<Transfer> transfers)
    {
        var own = DeviceFinder.HostAddresses();
        return [.. transfers.SelectMany(transfer => transfer.OnlineAddress is null ? Expand(transfer, own) : [transfer])];
    }

    /// <summary>Opens each device and the sender once and closes them again, so that what is missing is said before anything starts.</summary>
    /// <exception cref="CaptureException">A device cannot be opened.</exception>
    /// <exception cref="SendException">Raw sockets are not permitted.</exception>
    /// <exception cref="NodeStartException">There is no device or no route.</exception>
    /// <returns>One for each shard: its part of the flows, and of the capture's buffer.</returns>
    public static IReadOnlyList<ShardEnvironment> Open(CopierSettings settings)
    {
        var devices = DevicesOf(settings);
        var captures = Enumerable.Range(0, settings.Shards).Select(shard => OpenersOf(new FlowShard(shard, settings.Shards))).ToArray();
        foreach (var open in captures.SelectMany(open => open))
            open().Dispose();
        var segmentSizes = settings.Transfers.Select(transfer => transfer.Target).Distinct()
            .ToDictionary(target => target, target => MaxSegmentSize(target.Address, settings.Send.Mtu));
        using (var sender = NewSender(settings.Send, (_, _) => { }))
        {
            foreach (var target in segmentSizes.Keys)
                sender.Prepare(target.Address);
        }
        var pools = PoolsOf(settings.Replicas, segmentSizes.Keys);
        return [.. captures.Select((open, shard) =>
            new ShardEnvironment(onFailure => Sender(settings.Send, onFailure), open, target => segmentSizes[target])
            {
                Index = shard,
                Clients = ClientsOf(settings, pools, new FlowShard(shard, settings.Shards)),
            })];

        Func<ICaptureSource>[] OpenersOf(FlowShard shard)
        {
            var filter = CaptureFilter.Build(settings.Transfers, settings.Send.Dscp, settings.Capture.ExtraFilter, shard);
            var answers = settings.Compare ? CaptureFilter.BuildAnswers(settings.Transfers, shard) : "";
            var beginnings = CaptureFilter.BuildBeginnings(settings.Transfers, settings.Send.Dscp, settings.Capture.ExtraFilter, shard);
            return [.. devices.Select(device => Opener(settings.Capture, device, filter, answers, beginnings, shard.Count))];
        }
    }

    /// <summary>A shard has the same part of the ports as of the clients': a client's own port can be kept.</summary>
    private static ReplicaClients ClientsOf(CopierSettings settings, Dictionary<HostAddress, ClientAddressPool>? pools, FlowShard shard)
    {
        if (pools is not null)
            return ReplicaClients.Of(pools, new PortAllocator(settings.Replicas.Ports, shard.Index, shard.Count));
        return settings.Transfers.DistinctBy(transfer => transfer.Target).Count() == settings.Transfers.Count
            ? ReplicaClients.AsCaptured
            : ReplicaClients.KeptApart(new PortAllocator(ClientPorts, shard.Index, shard.Count));
    }

    /// <summary>Null where replicas come from their clients' own addresses.</summary>
    private static Dictionary<HostAddress, ClientAddressPool>? PoolsOf(ReplicaSettings settings, IEnumerable<Endpoint> targets)
    {
        if (!settings.OwnIp && settings.Addresses.Count == 0)
            return null;
        return targets.Select(target => target.Address).Distinct().ToDictionary(target => target, PoolFor);

        ClientAddressPool PoolFor(HostAddress target)
        {
            var ranges = settings.OwnIp ? [AddressRange.Of(RouteTo(target).Source)] : settings.Addresses;
            return ranges.Any(range => range.First.IsV4 == target.IsV4)
                ? new ClientAddressPool(ranges, target.IsV4)
                : throw new NodeStartException(
                    $"no address for replicas to {target}: add {(target.IsV4 ? "an IPv4" : "an IPv6")} one to -c (tcpcopy.replicas.addresses)");
        }
    }

    private static IFrameSender Sender(SendSettings settings, SendFailureHandler onFailure)
    {
        var sender = NewSender(settings, onFailure);
        return settings.RefuseOneIn == 0 ? sender : new FaultySender(sender, 1.0 / settings.RefuseOneIn, Environment.TickCount, onFailure);
    }

    private static RawSocketSender NewSender(SendSettings settings, SendFailureHandler onFailure) =>
        new(settings.Dscp, onFailure, link: settings.Layer == SendLayer.Link ? LinkLayer.Open() : null);

    private static Transfer[] Expand(Transfer transfer, IReadOnlyList<HostAddress> own)
    {
        var target = transfer.Target.Address;
        var named = own.Where(address => address.IsV4 == target.IsV4 && address.IsLoopback == target.IsLoopback)
            .Select(address => transfer with { OnlineAddress = address }).ToArray();
        return named.Length > 0
            ? named
            : throw new NodeStartException(
                $"{transfer}: this host has no {(target.IsV4 ? "IPv4" : "IPv6")} address to copy from: name one as in -x ADDRESS:{transfer}");
    }

    private static IReadOnlyList<string> DevicesOf(CopierSettings settings) =>
        settings.Capture.Devices.Count > 0
            ? settings.Capture.Devices
            : [.. settings.Transfers.Select(transfer => DeviceHolding(transfer.OnlineAddress!.Value)).Distinct()];

    private static string DeviceHolding(HostAddress address) => DeviceFinder.DeviceHolding(address) ?? throw new NodeStartException(
        $"no device of this host holds the online address {address} (it has {string.Join(", ", DeviceFinder.HostAddresses())}): " +
        "give the device that sees its traffic with -i, or one of these addresses");

    private static int MaxSegmentSize(HostAddress target, int mtu)
    {
        var route = RouteTo(target);
        return (mtu > 0 ? Math.Min(mtu, route.Mtu) : route.Mtu) - (target.IsV4 ? HeaderBytesV4 : HeaderBytesV6);
    }

    private static Route RouteTo(HostAddress target) => DeviceFinder.TryFindRoute(target, out var route, out var problem)
        ? route
        : throw new NodeStartException($"no route to the target {target}: {problem}");

    private static Func<ICaptureSource> Opener(
        CaptureSettings settings, string device, string filter, string answers, string beginnings, int shards) => () => LiveCapture.Open(
        new LiveCaptureOptions
        {
            Device = device,
            Filter = filter,
            ShortFilter = answers,
            CountFilter = beginnings,
            SnapLength = settings.SnapLength,
            BufferBytes = settings.BufferBytes / shards,
            Promiscuous = settings.Promiscuous,
            BlockMilliseconds = (int)settings.BlockWait.TotalMilliseconds,
        });
}
