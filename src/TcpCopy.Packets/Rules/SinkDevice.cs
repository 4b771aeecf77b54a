using System.Globalization;
using System.Text.Json;
using TcpCopy.Core.Traffic;
using TcpCopy.Packets.Privileges;

namespace TcpCopy.Packets.Rules;

/// <summary>The device that swallows replies, and the routing table that leads there.</summary>
internal sealed class SinkDevice(SinkSettings settings)
{
    /// <summary>Replies over loopback are larger than an Ethernet frame; a smaller MTU would refuse them.</summary>
    private const int Mtu = 65_536;

    /// <summary>Both swallow what is sent to them and report success; "ifb" serves where the kernel has no "dummy".</summary>
    private static readonly string[] Kinds = ["dummy", "ifb"];

    private readonly string _table = settings.RoutingTable.ToString(CultureInfo.InvariantCulture);

    /// <summary>False where the kernel runs without IPv6, or forbids it on new devices and does not let us allow it.</summary>
    public bool HasV6 { get; private set; }

    private string DisableV6 => $"/proc/sys/net/ipv6/conf/{settings.Device}/disable_ipv6";

    /// <summary>Clients' ranges have their routes in the main table.</summary>
    private bool HasTable => settings.Selection != ReplicaSelection.Clients;

    private IEnumerable<string> TableFamilies => !HasTable ? [] : HasV6 ? ["-4", "-6"] : ["-4"];

    /// <summary>Makes the device and its routes, or takes over those that a predecessor left.</summary>
    /// <exception cref="RulesException">The name or the routing table is somebody else's, or the kernel refuses.</exception>
    public void Install()
    {
        if (HasTable)
            DemandFreeTable();
        if (Find() is not { } existing)
            Create();
        else if (!IsOurs(existing))
            throw new RulesException(
                $"a device '{settings.Device}' exists and is not a sink of tcpcopy; name another with the setting tcpcopy.intercept.sink-device");
        // A note of 'tcpcopy rules apply' speaks of rules that this installation replaces.
        SystemCommand.Run("ip", "link", "set", "dev", settings.Device, "mtu", Mtu.ToString(CultureInfo.InvariantCulture), "alias", "");
        HasV6 = AllowV6();
        // Without an address of its own the sink sends no router solicitations, which the tap would have to sort out.
        if (HasV6)
            SystemCommand.Run("ip", "link", "set", "dev", settings.Device, "addrgenmode", "none");
        if (settings.LocalClients)
            AllowLoopbackAddresses();
        SystemCommand.Run("ip", "link", "set", "dev", settings.Device, "up");
        foreach (var family in TableFamilies)
            SystemCommand.Run("ip", family, "route", "replace", "default", "dev", settings.Device, "table", _table, "proto", OwnershipTag.Text);
        RemoveOthers();
    }

    /// <summary>What <see cref="Note"/> wrote; empty: nothing, or there is no such device.</summary>
    public string ReadNote() => Find() is { } device && IsOurs(device) ? device.Text("ifalias") : "";

    /// <summary>Leaves a line with the device, which everybody may read for as long as that is there.</summary>
    public void Note(string text) => SystemCommand.Run("ip", "link", "set", "dev", settings.Device, "alias", text);

    /// <summary>Takes the device for what somebody else has installed.</summary>
    public void Attach() => HasV6 = File.Exists(DisableV6) && File.ReadAllText(DisableV6).Trim() == "0";

    /// <param name="remedy">What is to be done where something is amiss.</param>
    /// <exception cref="RulesException">The device or a route is not as it was installed.</exception>
    public void Verify(string remedy)
    {
        if (Find() is not { } device || !IsOurs(device))
            throw new RulesException($"the sink device '{settings.Device}' is gone; {remedy}");
        var isUp = device.GetProperty("flags").EnumerateArray().Any(flag => flag.GetString() == "UP");
        if (!isUp || device.GetProperty("mtu").GetInt32() < Mtu)
            throw new RulesException($"the sink device '{settings.Device}' is down or its MTU below {Mtu}; {remedy}");
        foreach (var family in TableFamilies)
        {
            if (!ReadTable(family).Any(route => route.Text("dst") == "default" && route.Text("dev") == settings.Device))
                throw new RulesException(
                    $"routing table {_table} has no default route to '{settings.Device}' (ip {family}); {remedy}");
        }
    }

    /// <summary>Removes every sink of ours, whatever its name, and with it its routes.</summary>
    public static void RemoveAll()
    {
        foreach (var device in IpJson.Read("link", "show").Where(IsOurs))
            SystemCommand.Run("ip", "link", "delete", "dev", device.Text("ifname"));
    }

    /// <summary>A predecessor with other settings may have left a sink of another name.</summary>
    private void RemoveOthers()
    {
        foreach (var device in IpJson.Read("link", "show").Where(device => IsOurs(device) && device.Text("ifname") != settings.Device))
            SystemCommand.Run("ip", "link", "delete", "dev", device.Text("ifname"));
    }

    private void Create()
    {
        var failures = new List<string>();
        foreach (var kind in Kinds)
        {
            // The group is set by the request that makes the device: there is no moment at which it would not be known as ours.
            var result = SystemCommand.TryRun("ip", ["link", "add", settings.Device, "group", OwnershipTag.Text, "type", kind]);
            if (result.Succeeded)
                return;
            failures.Add($"'{result.CommandLine}': {result.Error}");
        }
        throw new RulesException(
            $"no sink device can be made: {string.Join("; ", failures)}; run as root, on a kernel with the module dummy or ifb");
    }

    private void DemandFreeTable()
    {
        foreach (var family in new[] { "-4", "-6" })
        {
            foreach (var route in ReadTable(family).Where(route => route.Text("protocol") != OwnershipTag.Text))
                throw new RulesException(
                    $"routing table {_table} is in use (ip {family}: {route.Text("dst")} dev {route.Text("dev")}); "
                    + "name another with the setting tcpcopy.intercept.routing-table");
        }
    }

    /// <summary>The kernel refuses to route 127.0.0.0/8 to any other device than lo, unless that device says so; the setting goes with the device.</summary>
    private void AllowLoopbackAddresses()
    {
        var setting = $"/proc/sys/net/ipv4/conf/{settings.Device}/route_localnet";
        try
        {
            WriteSetting(setting, "1");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RulesException($"{setting} cannot be set ({exception.Message}); make /proc/sys writable for the interceptor", exception);
        }
    }

    private bool AllowV6()
    {
        if (!File.Exists(DisableV6))
            return false;
        if (File.ReadAllText(DisableV6).Trim() == "0")
            return true;
        try
        {
            WriteSetting(DisableV6, "0");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A container with a read-only /proc/sys and no IPv6: there is no IPv6 replica to serve either.
            return false;
        }
    }

    private static void WriteSetting(string setting, string value) => Confinement.WithAdministration(() =>
    {
        File.WriteAllText(setting, value);
        return true;
    });

    private JsonElement? Find()
    {
        // From the list of all, because ip's answer to a name that does not exist is an exit code that other failures share.
        foreach (var device in IpJson.Read("link", "show").Where(device => device.Text("ifname") == settings.Device))
            return device;
        return null;
    }

    private static bool IsOurs(JsonElement device) => device.Text("group") == OwnershipTag.Text;

    private List<JsonElement> ReadTable(string family) => IpJson.ReadOrEmpty(family, "route", "show", "table", _table);
}
