using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TcpCopy.Core.Traffic;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// The nftables table: replicas are told by their DSCP value on the way in, which marks their connection; replies of marked connections get
/// the packet mark that the policy rule asks for. Connection tracking knows nothing of a packet that it finds invalid (a late FIN of a
/// replica that is forgotten), but the kernel answers such with the DSCP value that they came with, so replies are told by it as well.
/// Selected by port there is nothing to tell: every reply of a served port gets the packet mark.
/// What real clients send and get passes at the first test of a rule, what is a replica's leaves the chain behind the one that it fits.
/// Nothing is ever dropped: a drop in the output path comes back to the target's TCP as an error and its connections hang.
/// </summary>
internal sealed class ReplyTable(SinkSettings settings)
{
    private const string Name = "tcpcopy";

    private static readonly string[] ListWords = ["--stateless", "--numeric", "list", "table", "inet", Name];

    private string _installed = "";

    /// <summary>Puts the table into force in one transaction, in place of one that a predecessor left.</summary>
    public void Install(IReadOnlyCollection<ushort> ports)
    {
        SystemCommand.RunWithInput(Script(ports), "nft", "-f", "-");
        _installed = List();
    }

    /// <summary>Replaces the served ports in one transaction.</summary>
    public void SetPorts(IReadOnlyCollection<ushort> ports)
    {
        var script = new StringBuilder().Append(CultureInfo.InvariantCulture, $"flush set inet {Name} ports\n");
        if (ports.Count > 0)
            script.Append(CultureInfo.InvariantCulture, $"add element inet {Name} ports {Elements(ports)}\n");
        SystemCommand.RunWithInput(script.ToString(), "nft", "-f", "-");
        _installed = List();
    }

    /// <param name="remedy">What is to be done then.</param>
    /// <exception cref="RulesException">The table is gone or not as it was installed.</exception>
    public void Verify(string remedy)
    {
        if (List() != _installed)
            throw Changed(remedy);
    }

    /// <summary>A short text that is another one when anything in the table is; empty: there is no table.</summary>
    public static string Fingerprint()
    {
        var result = SystemCommand.TryRun("nft", ListWords);
        return result.Succeeded ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(result.Output)))[..16] : "";
    }

    public static RulesException Changed(string remedy) => new(
        $"the nftables table 'inet {Name}' was changed or removed by somebody else; {remedy} (and see what reloads nftables)");

    /// <summary>Ports that a predecessor left in the table: they go on being served until their copiers announce them again.</summary>
    public static IReadOnlyCollection<ushort> LeftPorts()
    {
        var result = SystemCommand.TryRun("nft", ["-j", "list", "set", "inet", Name, "ports"]);
        if (!result.Succeeded)
            return [];
        using var document = JsonDocument.Parse(result.Output);
        var ports = new List<ushort>();
        foreach (var entry in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (entry.TryGetProperty("set", out var set) && set.TryGetProperty("elem", out var elements))
                ports.AddRange(elements.EnumerateArray().Select(element => element.GetUInt16()));
        }
        return ports;
    }

    public static void Remove() =>
        // Declaring it first makes the deletion succeed whether it is there or not.
        SystemCommand.RunWithInput($"table inet {Name}\ndelete table inet {Name}\n", "nft", "-f", "-");

    private string Script(IReadOnlyCollection<ushort> ports)
    {
        var mark = $"0x{settings.Mark:x}";
        var elements = ports.Count > 0 ? $"elements = {Elements(ports)}" : "";
        return $$"""
            table inet {{Name}}
            delete table inet {{Name}}
            table inet {{Name}} {
                set ports {
                    type inet_service
                    {{elements}}
                }
                {{(settings.Selection == ReplicaSelection.Port ? "" : ReplicaChain(mark))}}
                chain take_replies {
                    type route hook output priority -150; policy accept;
                    {{(settings.Selection == ReplicaSelection.Port ? $"tcp sport @ports meta mark set {mark}" : MarkedReplies(mark))}}
                }
            }

            """;
    }

    private string ReplicaChain(string mark) => $$"""
        chain mark_replicas {
            type filter hook input priority -150; policy accept;
            ip dscp {{settings.Dscp}} tcp dport @ports ct mark set {{mark}} accept
            ip6 dscp {{settings.Dscp}} tcp dport @ports ct mark set {{mark}} accept
        }
        """;

    private string MarkedReplies(string mark) => $$"""
        ct mark {{mark}} tcp sport @ports meta mark set {{mark}} accept
        ip dscp {{settings.Dscp}} tcp sport @ports meta mark set {{mark}} accept
        ip6 dscp {{settings.Dscp}} tcp sport @ports meta mark set {{mark}} accept
        """;

    private static string Elements(IReadOnlyCollection<ushort> ports) => $"{{ {string.Join(", ", ports.Order())} }}";

    private static string List() => SystemCommand.Run("nft", ListWords);
}
