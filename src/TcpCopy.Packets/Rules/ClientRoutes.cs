using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Plain routes of the main table that lead certain client ranges into the sink: whatever the host sends there is taken, whoever sent it. They need neither
/// policy rules nor nftables, and go with the device.
/// </summary>
internal sealed class ClientRoutes(SinkSettings settings)
{
    private static readonly string[] Families = ["-4", "-6"];

    /// <exception cref="RulesException">A range holds an address of this host, or has a route of somebody else's.</exception>
    public void Demand()
    {
        foreach (var range in settings.Clients)
        {
            foreach (var own in DeviceFinder.HostAddresses().Where(range.Contains))
                throw new RulesException(
                    $"the client range {range} has an address of this host in it ({own}): nobody but replicas may be there; choose another range (-c)");
            foreach (var route in IpJson.ReadOrEmpty(FamilyOf(range), "route", "show", "exact", range.ToString()).Where(route => !IsOurs(route)))
                throw new RulesException(
                    $"the client range {range} has a route already (ip {FamilyOf(range)}: dev {route.Text("dev")}): nobody but replicas may be there; choose "
                    + "another range (-c)");
        }
    }

    /// <summary>Adds what is missing and removes what a predecessor with other ranges left.</summary>
    public void Install()
    {
        foreach (var range in settings.Clients.Where(range => !Read(FamilyOf(range)).Contains(range.ToString())))
            SystemCommand.Run("ip", FamilyOf(range), "route", "add", range.ToString(), "dev", settings.Device, "proto", OwnershipTag.Text);
        var wanted = settings.Clients.Select(range => range.ToString()).ToHashSet();
        foreach (var family in Families)
        {
            foreach (var stale in Read(family).Where(range => !wanted.Contains(range)))
                SystemCommand.Run("ip", family, "route", "delete", stale, "dev", settings.Device, "proto", OwnershipTag.Text);
        }
    }

    /// <exception cref="RulesException">A route is gone.</exception>
    public void Verify()
    {
        foreach (var range in settings.Clients.Where(range => !Read(FamilyOf(range)).Contains(range.ToString())))
            throw new RulesException($"the route of {range} to '{settings.Device}' is gone; start the interceptor again");
    }

    private static string FamilyOf(AddressRange range) => range.First.IsV4 ? "-4" : "-6";

    private static bool IsOurs(System.Text.Json.JsonElement route) => route.Text("protocol") == OwnershipTag.Text;

    private List<string> Read(string family) =>
        [.. IpJson.ReadOrEmpty(family, "route", "show", "dev", settings.Device, "proto", OwnershipTag.Text).Select(route => route.Text("dst"))];
}
