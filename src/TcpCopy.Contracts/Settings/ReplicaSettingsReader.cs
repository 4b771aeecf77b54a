using TcpCopy.Core.Traffic;

namespace TcpCopy.Contracts.Settings;

/// <summary>Reads the section <c>tcpcopy.replicas</c>.</summary>
internal static class ReplicaSettingsReader
{
    private static readonly PortRange MappedPorts = new(1024, 65_535);

    /// <summary>Above those that Linux gives to connections of this host (ip(7), ip_local_port_range), and below nothing else.</summary>
    private static readonly PortRange OwnPorts = new(61_001, 65_535);

    public static ReplicaSettings Read(SettingsSection section)
    {
        var ownIp = section.Switch("own-ip");
        var addresses = section.Ranges("addresses");
        if (ownIp && addresses.Count > 0)
            section.Wrong<string>("addresses", "with own-ip replicas come from this host's own address: leave one of the two out");
        return new ReplicaSettings { Addresses = addresses, OwnIp = ownIp, Ports = ReadPorts(section) ?? (ownIp ? OwnPorts : MappedPorts) };
    }

    private static PortRange? ReadPorts(SettingsSection section)
    {
        var text = section.Text("ports");
        if (SettingsSection.IsAuto(text))
            return null;
        return PortRange.Parse(text, out var range) is { } fault ? section.Wrong<PortRange>("ports", $"{fault}; or auto") : range;
    }
}
