using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// The copier's rules on the online host, one a target: connection tracking passes over the packets of replicas, so that these never fill the table that
/// production's own connections live in. Each copier has a table of its own, and holds a name of the same text in the abstract namespace while it lives:
/// what nobody holds was left by a killed one.
/// </summary>
public sealed class UntrackedReplicas : IDisposable
{
    /// <summary>The table of <see cref="Apply"/>, and what the names of the copiers' own begin with.</summary>
    private const string Name = "tcpcopy_copier";

    /// <summary>There only where the kernel has connection tracking.</summary>
    private const string Tracking = "/proc/sys/net/netfilter/nf_conntrack_count";

    private readonly string _table;
    private readonly Socket _presence;

    private UntrackedReplicas(string table, Socket presence) => (_table, _presence) = (table, presence);

    /// <summary>Installs the rule until it is disposed of, and removes those that killed copiers left.</summary>
    /// <param name="targets">Where replicas go; none of this host's own, where the target's rules need their packets tracked.</param>
    /// <param name="dscp">Mark of replicas.</param>
    /// <returns>Null where there is nothing to do: no target on another host, or neither nft nor connection tracking on this one.</returns>
    /// <exception cref="RulesException">The rule is needed and cannot be installed.</exception>
    public static UntrackedReplicas? Install(IReadOnlyCollection<Endpoint> targets, byte dscp)
    {
        if (targets.Count == 0 || IsPointless)
            return null;
        Privilege.DemandNetworkAdministration("keep replicas out of connection tracking (or set tcpcopy.send.notrack = off)");
        SystemCommand.DemandPrograms("nft");
        RemoveLeftovers();
        var table = $"{Name}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        var presence = Hold(table) ?? throw new RulesException($"the name '{table}' is taken; start the copier again");
        var rule = new UntrackedReplicas(table, presence);
        try
        {
            Put(table, targets, dscp);
            return rule;
        }
        catch (RulesException exception)
        {
            presence.Dispose();
            throw new RulesException(
                $"replicas cannot be kept out of connection tracking: {exception.Message}; mend that, or set tcpcopy.send.notrack = off", exception);
        }
    }

    /// <summary>Installs the rule and leaves it there, for copiers that manage no rules.</summary>
    /// <inheritdoc cref="Install" path="/exception"/>
    public static void Apply(IReadOnlyCollection<Endpoint> targets, byte dscp)
    {
        Privilege.DemandNetworkAdministration("keep replicas out of connection tracking");
        SystemCommand.DemandPrograms("nft");
        Put(Name, targets, dscp);
    }

    /// <summary>Looks whether <see cref="Apply"/>'s rule is there. Nothing is known where nft does not answer this process, or is not needed.</summary>
    /// <exception cref="RulesException">It is not, or was made for other targets.</exception>
    public static void VerifyApplied(IReadOnlyCollection<Endpoint> targets, byte dscp)
    {
        if (IsPointless || !Privilege.HasNetworkAdministration)
            return;
        var listed = SystemCommand.TryRun("nft", ["--stateless", "--numeric", "list", "table", "inet", Name]);
        var lines = listed.Output.Split('\n', StringSplitOptions.TrimEntries);
        foreach (var target in targets)
        {
            var isThere = lines.Any(line => line.Contains($" daddr {target.Address} ", StringComparison.Ordinal)
                && line.Contains(string.Create(CultureInfo.InvariantCulture, $" dport {target.Port} "), StringComparison.Ordinal)
                && line.EndsWith(string.Create(CultureInfo.InvariantCulture, $" dscp 0x{dscp:x2} notrack"), StringComparison.Ordinal));
            if (!isThere)
                throw new RulesException(
                    $"the rule that keeps replicas for {target} out of connection tracking has not been applied on this host; "
                    + "run 'tcpcopy rules apply --of copier' with the copier's settings");
        }
    }

    /// <summary>Removes what killed copiers left.</summary>
    /// <exception cref="RulesException">Something cannot be removed.</exception>
    public static void RemoveLeftovers()
    {
        foreach (var table in Tables().Where(table => table.StartsWith(Name + "_", StringComparison.Ordinal)))
        {
            // Whoever gets the name of a table knows that its copier is no more.
            using var presence = Hold(table);
            if (presence is not null)
                Delete(table);
        }
    }

    /// <summary>Removes what killed copiers left, and what <see cref="Apply"/> did.</summary>
    /// <exception cref="RulesException">Something cannot be removed.</exception>
    public static void RemoveApplied()
    {
        Privilege.DemandNetworkAdministration("remove the rules of a copier");
        RemoveLeftovers();
        Delete(Name);
    }

    /// <exception cref="RulesException">The rule cannot be removed.</exception>
    public void Dispose()
    {
        try
        {
            Delete(_table);
        }
        finally
        {
            _presence.Dispose();
        }
    }

    /// <summary>Leaves the rule installed, as a killed process does.</summary>
    internal void Abandon() => _presence.Dispose();

    private static bool IsPointless => !File.Exists(Tracking) && !SystemCommand.IsThere("nft");

    private static void Put(string table, IEnumerable<Endpoint> targets, byte dscp) => SystemCommand.RunWithInput(
        $$"""
        table inet {{table}}
        delete table inet {{table}}
        table inet {{table}} {
            chain pass_over_replicas {
                type filter hook output priority -300; policy accept;
                {{string.Join("\n        ", targets.Select(target => Rule(target, dscp)))}}
            }
        }

        """,
        "nft",
        "-f",
        "-");

    private static string Rule(Endpoint target, byte dscp)
    {
        var family = target.Address.IsV4 ? "ip" : "ip6";
        return string.Create(CultureInfo.InvariantCulture, $"{family} daddr {target.Address} tcp dport {target.Port} {family} dscp {dscp} notrack");
    }

    private static void Delete(string table) =>
        // Declaring it first makes the deletion succeed whether it is there or not.
        SystemCommand.RunWithInput($"table inet {table}\ndelete table inet {table}\n", "nft", "-f", "-");

    private static IEnumerable<string> Tables()
    {
        using var document = JsonDocument.Parse(SystemCommand.Run("nft", "-j", "list", "tables", "inet"));
        return [.. document.RootElement.GetProperty("nftables").EnumerateArray()
            .Where(entry => entry.TryGetProperty("table", out _))
            .Select(entry => entry.GetProperty("table").Text("name"))];
    }

    /// <summary>Null: another process holds it.</summary>
    private static Socket? Hold(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint("\0" + name));
            return socket;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }
}
