using System.Globalization;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Where policy routing is not allowed: a rule of iptables, before all others, hands marked replies to one of the kernel's queues, whose reader has them
/// dropped. To the target's TCP that is no error: a packet that was queued counts as sent. While nobody reads the queue they are dropped, too. For nftables'
/// own "queue" kernels need an option that not all have, which is why this is iptables'. One of these is one IP family's.
/// </summary>
/// <param name="Program">"iptables" or "ip6tables".</param>
/// <param name="Table">As nftables names the table where iptables is a front of it: "ip mangle" or "ip6 mangle".</param>
internal sealed record QueueRules(string Program, string Table)
{
    private const string Chain = "POSTROUTING";

    private const int LinesOfEmptyTable = 2;

    /// <summary>In the rule's comment stands what was made for it, and goes with it.</summary>
    private const string Ours = "tcpcopy:";

    private const string MadeTable = Ours + "made-table";
    private const string MadeChain = Ours + "made-chain";
    private const string MadeNothing = Ours + "made-nothing";

    private static readonly string[] OurComments = [MadeTable, MadeChain, MadeNothing];

    private static readonly QueueRules V4 = new("iptables", "ip mangle");
    private static readonly QueueRules V6 = new("ip6tables", "ip6 mangle");

    public static bool HasV6 => File.Exists("/proc/thread-self/net/if_inet6");

    /// <summary>Those that this host has.</summary>
    public static IReadOnlyList<QueueRules> Families => HasV6 ? [V4, V6] : [V4];

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
            "-I", Chain, "-p", "tcp", "-m", "mark", "--mark", $"0x{settings.Mark:x}", "-m", "comment", "--comment", made,
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
            // Only what is empty goes: the rest is somebody else's by now.
            if (made is MadeTable or MadeChain && IsEmptyChain())
                _ = SystemCommand.TryRun("nft", ["delete", "chain", .. Table.Split(' '), Chain]);
            if (made is MadeTable && Lines($"table {Table}").Count == LinesOfEmptyTable)
                _ = SystemCommand.TryRun("nft", ["delete", "table", .. Table.Split(' ')]);
        }
    }

    /// <summary>Each as iptables takes it, word by word.</summary>
    private List<string[]> Read()
    {
        // Asking iptables would load its modules on a host that has no use for them.
        if (!SystemCommand.IsThere(Program) || !(IsListed($"table {Table}") || HasLegacyTable()))
            return [];
        // What iptables cannot read, as a table that nft made, it has written nothing into.
        var rules = SystemCommand.TryRun(Program, ["-w", "-t", "mangle", "-S", Chain]);
        return !rules.Succeeded ? [] : [.. rules.Output
            .Split('\n')
            .Where(line => line.StartsWith("-A ", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim('"')).ToArray())
            .Where(rule => rule.Any(OurComments.Contains))];
    }

    private bool HasLegacyTable()
    {
        var names = Program == "iptables" ? "ip_tables_names" : "ip6_tables_names";
        // Of the namespace that iptables is run in, which is this thread's.
        var file = "/proc/thread-self/net/" + names;
        try
        {
            return File.Exists(file) && File.ReadLines(file).Contains("mangle");
        }
        catch (UnauthorizedAccessException)
        {
            // Root's alone, as these tables are: what may not read it has made no rule there.
            return false;
        }
    }

    private void Delete(string[] rule) => Change(["-D", .. rule[1..]]);

    private void Change(params string[] rule) => SystemCommand.Run(Program, ["-w", "-t", "mangle", .. rule]);

    private static string CommentOf(string[] rule) => rule.First(OurComments.Contains);

    private static bool IsListed(string what) => SystemCommand.TryRun("nft", ["list", .. what.Split(' ')]).Succeeded;

    /// <summary>Its table's line, its own, its hook, and two braces; and whoever set its policy has a use for it.</summary>
    private bool IsEmptyChain() =>
        Lines($"chain {Table} {Chain}") is { Count: 5 } lines && lines[2].EndsWith("policy accept;", StringComparison.Ordinal);

    private static List<string> Lines(string what) =>
    [
        .. SystemCommand.TryRun("nft", ["list", .. what.Split(' ')]).Output
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#')),
    ];
}
