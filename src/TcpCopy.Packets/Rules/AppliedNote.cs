using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// What <c>tcpcopy rules apply</c> writes beside the sink device (as its alias), so that an interceptor that manages no rules itself can tell whether those
/// are there that it needs. Devices are read without any privilege, nftables is not.
/// </summary>
internal static class AppliedNote
{
    private const string TableKey = " nft=";

    /// <summary>The kernel takes 255 bytes; a list that is longer than this stands there as its hash.</summary>
    private const int MostLetters = 60;

    public static string Write(SinkSettings settings, string tableFingerprint) => Describe(settings) + TableKey + tableFingerprint;

    /// <summary>The settings that rules were made from, in words.</summary>
    public static string Describe(SinkSettings settings) => string.Create(
        CultureInfo.InvariantCulture,
        $"ports={Ports(settings)} dscp={settings.Dscp} mark=0x{settings.Mark:x} table={settings.RoutingTable} {Placing(settings)}");

    /// <summary>The two parts of what <see cref="Write"/> made; empty where they are missing.</summary>
    public static (string Settings, string TableFingerprint) Read(string note)
    {
        var end = note.IndexOf(TableKey, StringComparison.Ordinal);
        return end < 0 ? ("", "") : (note[..end], note[(end + TableKey.Length)..]);
    }

    private static string Placing(SinkSettings settings) =>
        $"select={settings.Selection} clients={Short(settings.Clients.Select(range => $"{range}"))} local-clients={(settings.LocalClients ? "on" : "off")}";

    private static string Ports(SinkSettings settings) => Short(settings.Ports.Order().Select(port => $"{port}"));

    private static string Short(IEnumerable<string> items)
    {
        var list = string.Join(',', items.Distinct());
        return list.Length <= MostLetters ? list : "#" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)))[..16];
    }
}
