using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Takes a target's answers to replicas that left with this host's own address: the kernel, which knows nothing of these connections, would reset them, so it
/// does not get to see them. On the receiving side nobody misses what is dropped, and the tap comes before the drop. What the replicas send is kept out of
/// connection tracking, which belongs to production. One table, changed in one transaction; not thread-safe.
/// </summary>
public sealed class OwnIpSink : IReplySink, IDisposable
{
    private const string Table = "tcpcopy_own_ip";
    private const string EphemeralPorts = "/proc/sys/net/ipv4/ip_local_port_range";
    private const string ReservedPorts = "/proc/sys/net/ipv4/ip_local_reserved_ports";

    private readonly OwnIpSettings _settings;
    private readonly SinkLock _lock;
    private string _installed = "";
    private bool _removed;

    private OwnIpSink(OwnIpSettings settings, SinkLock hold, string device) => (_settings, _lock, Device) = (settings, hold, device);

    /// <summary>Through which the targets' answers come.</summary>
    public string Device { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<ushort> Ports => [.. _settings.Targets.Select(target => target.Port).Distinct()];

    /// <inheritdoc/>
    public bool ServesV6 => true;

    /// <summary>Puts the rules into force, in place of those that a killed predecessor left.</summary>
    /// <exception cref="RulesException">
    /// Another such copier is at work on this host, its ports may be taken by others, a target cannot be reached, a program or a privilege is missing. Nothing
    /// is installed then.
    /// </exception>
    public static OwnIpSink Install(OwnIpSettings settings)
    {
        Privilege.DemandNetworkAdministration("install the rule that keeps the kernel from resetting replicas");
        SystemCommand.DemandPrograms("nft");
        DemandUnused(settings.Ports);
        var device = DeviceTowards(settings.Targets);
        var sink = new OwnIpSink(settings, SinkLock.Take(SinkLock.OwnIpCopier), device);
        try
        {
            SystemCommand.RunWithInput(sink.Script(), "nft", "-f", "-");
            sink._installed = List();
            return sink;
        }
        catch
        {
            sink.Withdraw();
            throw;
        }
    }

    /// <summary>Removes what a killed copier left.</summary>
    /// <exception cref="RulesException">One is at work on this host, or the rules cannot be removed.</exception>
    public static void RemoveLeftovers()
    {
        Privilege.DemandNetworkAdministration("remove the rules of a copier");
        using var hold = SinkLock.Take(SinkLock.OwnIpCopier);
        RemoveTable();
    }

    /// <summary>The ports are those of the targets, which were known from the start.</summary>
    public void SetPorts(IEnumerable<ushort> ports)
    {
        if (ports.Except(Ports).ToList() is { Count: > 0 } others)
            throw new RulesException($"port {string.Join(", ", others)} is none of this copier's targets; name it with -x and start again");
    }

    /// <exception cref="RulesException">The table is gone or not as it was installed.</exception>
    public void Verify()
    {
        if (List() != _installed)
            throw new RulesException(
                $"the nftables table 'inet {Table}' was changed or removed by somebody else; start the copier again (and see what reloads nftables)");
    }

    /// <summary>Removes the rules; a second call does nothing.</summary>
    /// <exception cref="RulesException">They cannot be removed.</exception>
    public void Dispose()
    {
        if (_removed)
            return;
        _removed = true;
        try
        {
            RemoveTable();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    /// <summary>What the tap takes, in pcap's language: just what the rules drop.</summary>
    public string Filter => TapFilter.OfOwnIp(_settings.Targets, _settings.Ports);

    /// <summary>Of a sink that was not installed whole.</summary>
    private void Withdraw()
    {
        try
        {
            Dispose();
        }
        catch (RulesException)
        {
            // What kept the rules from being installed keeps them from being removed, too: the first is what is told.
        }
    }

    /// <summary>Leaves the rules, as a killed process does.</summary>
    internal void Abandon()
    {
        _removed = true;
        _lock.Dispose();
    }

    /// <summary>A connection of this host's own to a target, with a port of the range, would find its answers dropped.</summary>
    private static void DemandUnused(PortRange ports)
    {
        var ends = File.ReadAllText(EphemeralPorts).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        _ = PortRange.Parse(string.Join('-', ends), out var ephemeral);
        var isReserved = File.ReadAllText(ReservedPorts).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Any(text => PortRange.Parse(text, out var reserved) is null && reserved.First <= ports.First && reserved.Last >= ports.Last);
        if (ports.Overlaps(ephemeral) && !isReserved)
            throw new RulesException(
                $"this host gives its own connections the ports {ephemeral} (net.ipv4.ip_local_port_range), some of which replicas are to have ({ports}): "
                + $"choose others with tcpcopy.replicas.ports, or reserve them with 'sysctl -w net.ipv4.ip_local_reserved_ports={ports}'");
    }

    private static string DeviceTowards(IEnumerable<Endpoint> targets)
    {
        var devices = new HashSet<string>();
        foreach (var target in targets)
        {
            if (!DeviceFinder.TryFindRoute(target.Address, out var route, out var problem))
                throw new RulesException($"no route to the target {target}: {problem}");
            devices.Add(route.Device);
        }
        return devices.Count == 1
            ? devices.Single()
            : throw new RulesException(
                $"the targets are reached through several devices ({string.Join(", ", devices.Order())}): with --own-ip a copier serves those of one device");
    }

    private static void RemoveTable() =>
        // Declaring it first makes the deletion succeed whether it is there or not.
        SystemCommand.RunWithInput($"table inet {Table}\ndelete table inet {Table}\n", "nft", "-f", "-");

    private static string List() => SystemCommand.Run("nft", "--stateless", "--numeric", "list", "table", "inet", Table);

    private string Script() => $$"""
        table inet {{Table}}
        delete table inet {{Table}}
        table inet {{Table}} {
            set targets { type ipv4_addr . inet_service; {{Elements(isV4: true)}} }
            set targets6 { type ipv6_addr . inet_service; {{Elements(isV4: false)}} }
            chain leave_replicas_untracked {
                type filter hook output priority -300; policy accept;
                ip dscp {{_settings.Dscp}} ip daddr . tcp dport @targets tcp sport {{_settings.Ports}} notrack
                ip6 dscp {{_settings.Dscp}} ip6 daddr . tcp dport @targets6 tcp sport {{_settings.Ports}} notrack
            }
            chain drop_replies {
                type filter hook input priority -150; policy accept;
                ip saddr . tcp sport @targets tcp dport {{_settings.Ports}} drop
                ip6 saddr . tcp sport @targets6 tcp dport {{_settings.Ports}} drop
            }
        }

        """;

    private string Elements(bool isV4)
    {
        var targets = _settings.Targets.Where(target => target.Address.IsV4 == isV4).Select(target => $"{target.Address} . {target.Port}").ToList();
        return targets.Count == 0 ? "" : $"elements = {{ {string.Join(", ", targets)} }}";
    }
}
