using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>
/// The four-host lab of scripts/lab.sh with names of its own, so that test runs side by side do not meet. It is gone when disposed of, or when its process
/// is told to end; what a killed run left behind is removed when the next one starts.
/// </summary>
public sealed class LabNetwork : IAsyncDisposable
{
    private const string Family = "tct";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task> Removal = new(RemoveAbandonedAsync);
    private static readonly ConcurrentDictionary<string, LabNetwork> Standing = new();
    private static int _count;

    private readonly string _prefix;

    static LabNetwork() => AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveStanding();

    private LabNetwork(string prefix)
    {
        _prefix = prefix;
        Client = new LabHost("client", prefix + "client", "10.77.0.1");
        Online = new LabHost("online", prefix + "online", "10.77.0.2");
        Target = new LabHost("target", prefix + "target", "10.77.0.3");
        Assistant = new LabHost("assistant", prefix + "assistant", "10.77.0.4");
    }

    public LabHost Client { get; }

    public LabHost Online { get; }

    public LabHost Target { get; }

    public LabHost Assistant { get; }

    /// <summary>Makes a lab. Needs root.</summary>
    /// <exception cref="InvalidOperationException">scripts/lab.sh failed; the message says why.</exception>
    public static async Task<LabNetwork> StartAsync()
    {
        // Once: labs are made side by side, and two that remove the same would meet.
        await Removal.Value;
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{Family}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}-");
        (await ScriptAsync("up", prefix)).Checked();
        return Standing[prefix] = new LabNetwork(prefix);
    }

    /// <summary>Lets a host, and the port of the bridge that it is on, take packets of up to so many bytes.</summary>
    public async Task SetMtuAsync(LabHost host, int mtu)
    {
        (await host.RunAsync("ip", "link", "set", "eth0", "mtu", $"{mtu}")).Checked();
        (await host.RunAsync("ip", "-n", $"{_prefix}bridge", "link", "set", host.Name, "mtu", $"{mtu}")).Checked();
    }

    /// <summary>Sends all that goes to and comes from a host to a device mirror0 of another, as a switch's mirror port does.</summary>
    public async Task ShowTrafficAsync(LabHost watched, LabHost watcher)
    {
        var bridge = $"{_prefix}bridge";
        (await watcher.RunAsync("ip", "link", "add", "mirror0", "type", "veth", "peer", "name", "mirror", "netns", bridge)).Checked();
        (await watcher.RunAsync("ip", "link", "set", "mirror0", "up")).Checked();
        (await watcher.RunAsync("ip", "-n", bridge, "link", "set", "mirror", "up")).Checked();
        await TrafficControlAsync(bridge, "qdisc", "add", "dev", watched.Name, "clsact");
        foreach (var direction in new[] { "ingress", "egress" })
        {
            await TrafficControlAsync(
                bridge, "filter", "add", "dev", watched.Name, direction, "protocol", "all", "u32", "match", "u32", "0", "0",
                "action", "mirred", "egress", "mirror", "dev", "mirror");
        }
    }

    public async ValueTask DisposeAsync()
    {
        (await ScriptAsync("down", _prefix)).Checked();
        Standing.TryRemove(_prefix, out _);
    }

    private static void RemoveStanding()
    {
        foreach (var prefix in Standing.Keys)
        {
            using var script = Process.Start(RepositoryPaths.At("scripts/lab.sh"), ["down", prefix]);
            script.WaitForExit(Bound);
        }
    }

    private static async Task TrafficControlAsync(string networkNamespace, params string[] words) =>
        (await RunningProcess.RunAsync(networkNamespace, Bound, "tc", words)).Checked();

    private static Task<ProcessResult> ScriptAsync(string verb, string prefix) =>
        RunningProcess.RunAsync(null, Bound, RepositoryPaths.At("scripts/lab.sh"), verb, prefix);

    private static async Task RemoveAbandonedAsync()
    {
        var names = (await RunningProcess.RunAsync(null, Bound, "ip", "netns", "list")).Checked().Output;
        var prefixes = names.Split('\n').Where(name => name.StartsWith(Family, StringComparison.Ordinal)).Select(PrefixOf).OfType<string>().Distinct();
        foreach (var prefix in prefixes)
            (await ScriptAsync("down", prefix)).Checked();
    }

    // "tct1234-1-client": a lab of process 1234; null when that process still runs.
    private static string? PrefixOf(string name)
    {
        var parts = name.Split('-');
        var isAbandoned = parts.Length == 3 && int.TryParse(parts[0].AsSpan(Family.Length), out var owner) && !Directory.Exists($"/proc/{owner}");
        return isAbandoned ? $"{parts[0]}-{parts[1]}-" : null;
    }
}
