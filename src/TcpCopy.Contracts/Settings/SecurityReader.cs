using TcpCopy.Core.Traffic;

namespace TcpCopy.Contracts.Settings;

/// <summary>Reads who may talk to a node, and what it may be told to do.</summary>
internal static class SecurityReader
{
    private static readonly string[] Files = ["ca", "certificate", "key"];

    /// <summary>Adds section <c>tcpcopy.tls</c> to what is known of the node. The files themselves are read at its start.</summary>
    public static NodeSettings ReadTls(SettingsSection section, NodeSettings node)
    {
        var paths = Files.Select(section.Text).ToArray();
        var isGiven = paths.Any(path => path.Length > 0);
        foreach (var (name, path) in Files.Zip(paths))
        {
            if (isGiven && path.Length == 0)
                section.Wrong<string>(name, $"TLS needs all of {string.Join(", ", Files)}: give this file, too, or none (tcpcopy certs makes them)");
        }
        return node with
        {
            Tls = isGiven ? new TlsSettings(paths[0], paths[1], paths[2]) : null,
            IsInsecureAllowed = section.Switch("insecure"),
        };
    }

    public static IReadOnlyList<AllowedTarget> ReadTargets(SettingsSection section)
    {
        var targets = new List<AllowedTarget>();
        foreach (var text in section.List("allowed-targets"))
        {
            if (AllowedTarget.Read(text, out var target) is { } fault)
                section.Wrong<string>("allowed-targets", text, fault);
            else
                targets.Add(target);
        }
        return targets;
    }

    /// <summary>Notes transfers of ports that are not on the list.</summary>
    public static void DemandAllowed(SettingsSection section, CopierSettings settings)
    {
        var allowed = settings.AllowedPorts;
        foreach (var transfer in settings.Transfers.Where(transfer => allowed.Count > 0 && !allowed.Contains(transfer.OnlinePort)))
        {
            section.Wrong<string>(
                "transfers", $"{transfer}",
                $"port {transfer.OnlinePort} is not among the online ports that may be copied ({string.Join(", ", allowed.Order())}): " +
                "see tcpcopy.copier.allowed-ports");
        }
    }
}
