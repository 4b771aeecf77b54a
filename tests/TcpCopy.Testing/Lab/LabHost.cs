using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>One host of the lab: a network namespace with lo and eth0.</summary>
/// <param name="name">client, online, target or assistant.</param>
/// <param name="networkNamespace">What <c>ip netns</c> calls it.</param>
/// <param name="address">Its IPv4 address on the lab's bridge.</param>
public sealed class LabHost(string name, string networkNamespace, string address)
{
    private static readonly TimeSpan CommandBound = TimeSpan.FromSeconds(60);

    public string Name { get; } = name;

    public string NetworkNamespace { get; } = networkNamespace;

    public string Address { get; } = address;

    /// <summary>Starts a command on this host; the caller disposes of it.</summary>
    public RunningProcess Start(string command, params string[] arguments) => RunningProcess.Start(NetworkNamespace, command, arguments);

    /// <summary>Runs a command on this host to its end, within a minute.</summary>
    public Task<ProcessResult> RunAsync(string command, params string[] arguments) =>
        RunningProcess.RunAsync(NetworkNamespace, CommandBound, command, arguments);

    /// <summary>Where a web server of this host is asked, in the notation of a request to it.</summary>
    public string Url(int port, string path = "/page") => $"http://{Address}:{port}{path}";

    /// <summary>Has nft carry out a text of rules on this host.</summary>
    public async Task ApplyRulesAsync(string rules)
    {
        using var scratch = new ScratchDirectory();
        (await RunAsync("nft", "-f", scratch.Write("rules.nft", rules))).Checked();
    }

    /// <summary>Waits until something listens on a TCP port of this host.</summary>
    public Task WaitForListenerAsync(int port, TimeSpan bound) => Wait.UntilAsync(
        async () => (await RunAsync("ss", "-Hltn", $"sport = :{port}")).Checked().Output.Length > 0,
        bound,
        () => $"a listener on port {port} of {Name}");

    /// <summary>
    /// What a node may change on a host and has to put back: nft rules, policy rules, the routes of every table, devices and their addresses.
    /// Counters and life times, which change by themselves, are left out.
    /// </summary>
    public async Task<string> NetworkStateAsync()
    {
        string[][] questions =
        [
            ["nft", "--stateless", "list", "ruleset"],
            ["ip", "rule", "show"],
            ["ip", "-6", "rule", "show"],
            ["ip", "route", "show", "table", "all"],
            ["ip", "-6", "route", "show", "table", "all"],
            ["ip", "-brief", "link", "show"],
            ["ip", "-brief", "address", "show"],
        ];
        var answers = new List<string>();
        foreach (var question in questions)
            answers.Add($"# {string.Join(' ', question)}\n{(await RunAsync(question[0], question[1..])).Checked().Output}");
        return string.Join('\n', answers);
    }
}
