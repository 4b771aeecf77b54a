using TcpCopy.Packets.Capture;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// A host to which the target routes its clients, and that goes no further with what comes: replies end here by themselves. Nothing is installed; it is only
/// made sure that the kernel forwards nothing.
/// </summary>
public sealed class AssistantSink : IReplySink
{
    private SortedSet<ushort> _ports;

    private AssistantSink(IEnumerable<ushort> ports) => _ports = [.. ports];

    /// <inheritdoc/>
    public IReadOnlyCollection<ushort> Ports => _ports;

    /// <inheritdoc/>
    public bool ServesV6 => true;

    /// <param name="device">On which replies arrive.</param>
    /// <param name="ports">Target ports served from the start.</param>
    /// <exception cref="RulesException">This host forwards packets, or the device does not exist.</exception>
    public static AssistantSink Open(string device, IEnumerable<ushort> ports)
    {
        if (!DeviceFinder.CaptureDevices().Contains(device))
            throw new RulesException($"there is no device '{device}'; name the one on which the target's replies arrive with tcpcopy.intercept.tap-device");
        // What counts for a packet is the device that it comes in by; what is set for all holds for devices yet to come.
        string[] settings = ["net/ipv4/ip_forward", $"net/ipv4/conf/{device}/forwarding", "net/ipv6/conf/all/forwarding", $"net/ipv6/conf/{device}/forwarding"];
        foreach (var setting in settings.Where(IsOn))
            throw new RulesException(
                $"this host forwards packets ({setting} is on): the replies that the target routes here would go on to the real clients, which would reset the "
                + $"replicas' connections. Switch it off with 'sysctl -w {setting}=0', or take another host for assistant");
        return new AssistantSink(ports);
    }

    /// <inheritdoc/>
    public void SetPorts(IEnumerable<ushort> ports) => _ports = [.. ports];

    /// <param name="setting">As sysctl takes it, with slashes: a device's name may have a dot.</param>
    private static bool IsOn(string setting)
    {
        var file = "/proc/sys/" + setting;
        return File.Exists(file) && File.ReadAllText(file).Trim() != "0";
    }
}
