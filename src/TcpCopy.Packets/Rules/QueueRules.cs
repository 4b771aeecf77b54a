using System.Globalization;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Where policy routing is not allowed: a rule of iptables, behind all others, hands marked replies to one of the kernel's queues, whose reader has them
/// dropped. To the target's TCP that is no error: a packet that was queued counts as sent. While nobody reads the queue they are dropped, too. For nftables'
/// own "queue" kernels need an option that not all have, which is why this is iptables'. One of these is one IP family's.
/// </summary>
/// <param name="Program">"iptables" or "ip6tables".</param>
/// <param name="Table">As nftables names the table where iptables is a front of it: "ip mangle" or "ip6 mangle".</param>
internal sealed record QueueRules(string Program, string Table)
{
    private const string Chain = "POSTROUTING";

    /// <summary>In the rule's comment stands what was made for it, and goes with it.</summary>
    private const string Ours = "tcpcopy:";

    private const string MadeTable = Ours + "made-table";
    private const string MadeChain = Ours + "made-chain";
    private const string MadeNothing = Ours + "made-nothing";

    /// <summary>Also where the host has no IPv6 at the moment: such a rule does no harm.</summary>
    public static readonly IReadOnlyList<QueueRules> Families = [new("iptables", "ip mangle"), new("ip6tables", "ip6 mangle")];

    /// <summary>Puts the rule into force; what a predecessor left goes when it stands.</summary>
    /// <exception cref="RulesException">The kernel has no such rules.</exception>
    public void Install(SinkSettings settings)
    {
        var left = Read();
        var made = left.Count > 0 ? CommentOf(left[0])
            : !IsListed($"table {Table}") ? MadeTable
            : !IsListed($"chain {Table} {Chain}") ? MadeChain
            : MadeNothing;
        Change(
            "-A", Chain, "-p", "tcp", "-m", "mark", "--mark", $"0x{settings.Mark:x}", "-m", "comment", "--comment", made,
            "-j", "NFQUEUE", "--queue-num", settings.QueueNumber.ToString(CultureInfo.InvariantCulture));
        left.ForEach(Delete);
    }

    /// <exception cref="RulesException">The rule is gone, or another one.</exception>
    public void Verify(SinkSettings settings)
    {
        string[] wanted = [$"0x{settings.Mark:x}", settings.QueueNumber.ToString(CultureInfo.InvariantCulture)];
        if (!Read().Any(rule => wanted.All(rule.Contains)))
            throw new RulesException(
                $"the rule of '{Program} -t mangle -S {Chain}' that hands replies to queue {settings.QueueNumber} was changed or removed by somebody else; "
                + "start the interceptor again (and see what reloads iptables)");
    }

    /// <summary>Removes every rule of ours, and table and chain where they were made for it and are empty.</summary>
    public void RemoveAll()
    {
        foreach (var rule in Read())
        {
            Delete(rule);
            var made = CommentOf(rule);
            // Nobody else's rules are lost: neither command removes what is not empty.
            if (made is MadeTable or MadeChain && IsEmpty($"chain {Table} {Chain}"))
                _ = SystemCommand.TryRun(Program, ["-w", "-t", "mangle", "-X", Chain]);
            if (made is MadeTable && IsEmpty($"table {Table}"))
                _ = SystemCommand.TryRun("nft", ["delete", "table", .. Table.Split(' ')]);
        }
    }

    /// <summary>Each as iptables takes it, word by word.</summary>
    private List<string[]> Read()
    {
        // Asking iptables would load its modules on a host that has no use for them.
        if (!SystemCommand.IsThere(Program) || !(IsListed($"table {Table}") || HasLegacyTable()))
            return [];
        return [.. SystemCommand.Run(Program, "-w", "-t", "mangle", "-S", Chain)
            .Split('\n')
            .Where(line => line.StartsWith("-A ", StringComparison.Ordinal) && line.Contains(Ours, StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim('"')).ToArray())];
    }

    private bool HasLegacyTable()
    {
        var names = Program == "iptables" ? "ip_tables_names" : "ip6_tables_names";
        // Of the namespace that iptables is run in, which is this thread's.
        var file = "/proc/thread-self/net/" + names;
        return File.Exists(file) && File.ReadLines(file).Contains("mangle");
    }

    private void Delete(string[] rule) => Change(["-D", .. rule[1..]]);

    private void Change(params string[] rule) => SystemCommand.Run(Program, ["-w", "-t", "mangle", .. rule]);

    private static string CommentOf(string[] rule) => rule.First(word => word.StartsWith(Ours, StringComparison.Ordinal));

    private static bool IsListed(string what) => SystemCommand.TryRun("nft", ["list", .. what.Split(' ')]).Succeeded;

    /// <summary>Whether nothing but the frame is printed: an empty chain has its hook and two braces, an empty table is two lines.</summary>
    private static bool IsEmpty(string what)
    {
        var result = SystemCommand.TryRun("nft", ["list", .. what.Split(' ')]);
        return result.Succeeded && !result.Output.Split('\n').Any(line => IsContent(line.Trim(), what));
    }

    private static bool IsContent(string line, string what) => what.StartsWith("table", StringComparison.Ordinal)
        ? line.StartsWith("chain ", StringComparison.Ordinal) || line.StartsWith("set ", StringComparison.Ordinal)
        : line.Length > 0 && line is not "}" && !line.EndsWith('{') && !line.StartsWith("type ", StringComparison.Ordinal);
}
