using System.Globalization;
using System.Text.Json;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// The policy rules of one IP family that send marked replies to the sink's routing table. Each step leaves the host with a rule for its
/// local addresses, so that a process killed between two steps harms nobody and the next one finds its way from there. The family is
/// named as the command ip names it: "-4" or "-6".
/// </summary>
internal sealed class MarkRules(string family, SinkSettings settings)
{
    /// <summary>Numbers of the kernel's own table of local addresses, and of the origin "kernel".</summary>
    private const string LocalTable = "255";
    private const string KernelProtocol = "2";

    private readonly string _table = settings.RoutingTable.ToString(CultureInfo.InvariantCulture);

    private readonly string _mark = $"0x{settings.Mark:x}";

    private readonly record struct PolicyRule(string Priority, string Table, string Mark, string Protocol)
    {
        public bool IsOurs => Protocol == OwnershipTag.Text;

        public bool IsLocal => Table == LocalTable && Mark.Length == 0;
    }

    /// <exception cref="RulesException">Somebody else routes by the same mark, or the kernel refuses.</exception>
    public void Install()
    {
        foreach (var rule in Read().Where(rule => !rule.IsOurs && rule.Mark == _mark))
            throw new RulesException(
                $"a rule for mark {_mark} exists already (ip {family}: priority {rule.Priority}, table {rule.Table}); "
                + "choose another with the setting tcpcopy.intercept.mark");
        if (settings.LocalClients)
            InstallBeforeLocal();
        else
            InstallBehindLocal();
    }

    /// <param name="remedy">What is to be done then.</param>
    /// <exception cref="RulesException">A rule is missing or at the wrong place.</exception>
    public void Verify(string remedy)
    {
        var rules = Read();
        var mark = rules.FindIndex(rule => rule.IsOurs && IsMarkRule(rule));
        var local = rules.FindIndex(rule => rule.IsLocal);
        if (mark < 0)
            throw new RulesException($"the rule for mark {_mark} is gone (ip {family}); {remedy}");
        if (local < 0 || (settings.LocalClients && local < mark))
            throw new RulesException($"the rule for local addresses is not where it belongs (ip {family} rule); {remedy}");
    }

    /// <summary>Removes every rule of ours, whatever its mark and table, after the kernel's own is back at its place.</summary>
    public static void RemoveAll(string family)
    {
        var rules = new MarkRules(family, new SinkSettings());
        rules.RestoreLocal();
        foreach (var rule in rules.Read().Where(rule => rule.IsOurs))
            rules.Delete(rule);
    }

    private void InstallBehindLocal()
    {
        RestoreLocal();
        foreach (var stale in Read().Where(rule => rule.IsOurs && (!IsMarkRule(rule) || rule.Priority == "0")))
            Delete(stale);
        // Without a priority the kernel puts it first of all behind the local rule, which is where it has to be.
        if (!Read().Any(rule => rule.IsOurs))
            Change("add", "fwmark", _mark, "table", _table, "protocol", OwnershipTag.Text);
    }

    /// <summary>A reply to an address of this host would be delivered by the local table before the mark is asked, so that table moves back.</summary>
    private void InstallBeforeLocal()
    {
        var found = Read();
        if (!found.Any(rule => rule.IsOurs && rule.IsLocal))
            Change("add", "priority", "1", "table", LocalTable, "protocol", OwnershipTag.Text);
        if (!found.Any(rule => rule.IsOurs && rule.Priority == "0" && IsMarkRule(rule)))
            Change("add", "priority", "0", "fwmark", _mark, "table", _table, "protocol", OwnershipTag.Text);
        foreach (var rule in found.Where(rule => !rule.IsOurs && rule.IsLocal && rule.Priority == "0"))
            Delete(rule);
        foreach (var stale in Read().Where(rule => rule.IsOurs && !rule.IsLocal && !(rule.Priority == "0" && IsMarkRule(rule))))
            Delete(stale);
    }

    private void RestoreLocal()
    {
        var found = Read();
        if (found.Any(rule => rule.IsOurs && rule.IsLocal) && !found.Any(rule => !rule.IsOurs && rule.IsLocal))
            Change("add", "priority", "0", "table", LocalTable, "protocol", KernelProtocol);
    }

    private bool IsMarkRule(in PolicyRule rule) => rule.Mark == _mark && rule.Table == _table;

    private void Delete(in PolicyRule rule)
    {
        List<string> selector = ["priority", rule.Priority, "table", rule.Table];
        if (rule.Mark.Length > 0)
            selector.AddRange(["fwmark", rule.Mark]);
        if (rule.Protocol.Length > 0)
            selector.AddRange(["protocol", rule.Protocol]);
        Change("delete", [.. selector]);
    }

    private void Change(string verb, params string[] selector) => SystemCommand.Run("ip", [family, "rule", verb, .. selector]);

    /// <summary>In the order in which the kernel asks them; empty where the family does not exist.</summary>
    private List<PolicyRule> Read() => [.. IpJson.ReadOrEmpty(family, "rule", "show").Select(ToRule)];

    private static PolicyRule ToRule(JsonElement rule)
    {
        var mark = rule.Text("fwmark");
        if (rule.Text("fwmask") is { Length: > 0 } mask)
            mark += "/" + mask;
        return new PolicyRule(rule.Text("priority"), rule.Text("table"), mark, rule.Text("protocol"));
    }
}
