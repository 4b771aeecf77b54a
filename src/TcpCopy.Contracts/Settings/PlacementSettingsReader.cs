using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>Reads from the section <c>tcpcopy.intercept</c> where the interceptor is and by what it tells replicas.</summary>
internal static class PlacementSettingsReader
{
    public static InterceptorSettings AddTo(InterceptorSettings settings, SettingsSection section)
    {
        var device = section.Text("tap-device");
        settings = settings with
        {
            Placement = section.OneOf<InterceptorPlacement>("placement"),
            Select = section.OneOf<ReplicaSelection>("select"),
            Clients = section.Ranges("clients"),
            Targets = ReadTargets(section),
            TapDevice = SettingsSection.IsAuto(device) ? null : device,
        };
        DemandSense(settings, section);
        return settings;
    }

    private static void DemandSense(InterceptorSettings settings, SettingsSection section)
    {
        var isAssistant = settings.Placement == InterceptorPlacement.Assistant;
        if (isAssistant && settings.Select != ReplicaSelection.Dscp)
            section.Wrong<string>("select", "an assistant tells nothing apart, the target's routes do: leave it out");
        else if (settings.Select == ReplicaSelection.Clients && section.List("clients").Count == 0)
            section.Wrong<string>("clients", "say which ranges replicas come from, e.g. 198.18.0.0/16");
        else if (settings.Select != ReplicaSelection.Clients && !isAssistant && settings.Clients.Count > 0)
            section.Wrong<string>("clients", "ranges mean something with 'select = clients' or 'placement = assistant' alone: add one of these");
        if (settings.Sink == ReplySinkKind.Queue && QueueFault(settings) is { } fault)
            section.Wrong<string>("sink", fault);
        if (!isAssistant && settings.TapDevice is not null)
            section.Wrong<string>("tap-device", "only an assistant has one: leave it out, or add 'placement = assistant'");
        if (!isAssistant && settings.Node.Rules == RulesOwner.Outside && section.List("ports").Count == 0)
            section.Wrong<string>("ports", "rules that are made outside of the node have their ports from the start: name them");
    }

    private static string? QueueFault(InterceptorSettings settings) =>
        settings.Placement == InterceptorPlacement.Assistant ? "an assistant has no sink: leave it out"
        : settings.Select == ReplicaSelection.Clients ? "clients' ranges are told by routes, which lead to a device: leave it out, or add 'select = dscp'"
        : settings.Node.Rules == RulesOwner.Outside ?
            "who reads a queue needs NET_ADMIN anyhow and makes its rules itself (node.rules = own): there is nothing to apply outside"
        : null;

    private static List<HostAddress> ReadTargets(SettingsSection section)
    {
        var targets = new List<HostAddress>();
        foreach (var text in section.List("targets"))
        {
            if (HostAddress.TryParse(text, out var target))
                targets.Add(target);
            else
                section.Wrong<string>("targets", text, "give addresses, e.g. 10.0.0.148");
        }
        return targets;
    }
}
