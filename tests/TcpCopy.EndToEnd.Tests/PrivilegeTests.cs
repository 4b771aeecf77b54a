using System.Globalization;
using TcpCopy.Packets.Privileges;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Nodes have the rights that they need and no more; rules made outside of them serve as well; what killed nodes left is taken away.</summary>
public sealed class PrivilegeTests
{
    private const int Port = 8080;
    private const Capabilities Raw = Capabilities.RawNetwork;
    private const Capabilities RawAndRules = Raw | Capabilities.NetworkAdministration;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Running_nodes_of_root_have_given_up_all_but_capture_and_rules()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        foreach (var node in new[] { copying.Copier, copying.Interceptor })
        {
            ProcessRights.AssertAtMost(RawAndRules, node.Id);
            Assert.Equal((Raw, RawAndRules), ProcessRights.Of(node.Id));
        }

        await Copying.AskAsync(lab, target, Port, requests: 100);
        Assert.Single(await copying.StopAsync()).AssertNothingLost(requests: 100);
    }

    [Fact]
    public async Task Root_keeps_power_over_files_only_for_those_of_another_user()
    {
        using var scratch = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        var settings = scratch.Write("interceptor.conf", "tcpcopy.intercept.ports = [8080]\n");
        (await lab.Target.RunAsync("chown", "65534", scratch.Root, settings)).Checked();
        (await lab.Target.RunAsync("chmod", "0700", scratch.Root)).Checked();

        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", settings);

        ProcessRights.AssertAtMost(RawAndRules | Capabilities.DacOverride, interceptor.Process.Id);
        Assert.Equal((Raw | Capabilities.DacOverride, RawAndRules | Capabilities.DacOverride), ProcessRights.Of(interceptor.Process.Id));
        await interceptor.StopAsync();
    }

    /// <summary>It opens that port after it has given up its other rights.</summary>
    [Fact]
    public async Task Root_keeps_the_right_to_a_service_port_where_HTTP_is_served_there()
    {
        const Capabilities Kept = RawAndRules | Capabilities.BindServicePort;
        await using var lab = await LabNetwork.StartAsync();
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--http", "127.0.0.1:80");

        ProcessRights.AssertAtMost(Kept, interceptor.Process.Id);
        (await lab.Target.RunAsync("curl", "-sf", "http://127.0.0.1/health/live")).Checked();
        await interceptor.StopAsync();
    }

    /// <summary>With the rights that the units in scripts/systemd give.</summary>
    [Fact]
    public async Task Nodes_of_another_user_copy_with_NET_RAW_alone_where_rules_are_made_outside()
    {
        using var scratch = new ScratchDirectory();
        scratch.CopyForAll(Path.GetDirectoryName(NodeProcess.Executable)!, "public");
        var program = scratch.At("public/tcpcopy");
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var states = (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync());
        string[] transfer = ["-x", $"{Port}-{lab.Target.Address}:{Port}"];
        await RulesAsync(lab.Target, "apply", "-p", $"{Port}");
        await RulesAsync(lab.Online, ["apply", "--of", "copier", .. transfer]);

        await using var interceptor = NodeProcess.StartBy(
            As("tcpcopy-interceptor"), lab.Target, program, "tcpcopy: interceptor ready", "intercept", "--rules", "outside", "-p", $"{Port}");
        await interceptor.WaitUntilReadyAsync();
        await using var copier = NodeProcess.StartBy(
            As("tcpcopy-copier"), lab.Online, program, "tcpcopy: copier ready",
            ["copy", "--rules", "outside", .. transfer, "-s", lab.Target.Address]);
        await copier.WaitUntilReadyAsync();
        foreach (var node in new[] { interceptor, copier })
        {
            ProcessRights.AssertAtMost(Raw, node.Process.Id);
            Assert.Equal((Raw, Raw), ProcessRights.Of(node.Process.Id));
        }
        await Copying.AskAsync(lab, target, Port, requests: 100);
        Figures.Of(await copier.StopAsync()).AssertNothingLost(requests: 100);
        await interceptor.StopAsync();

        await RulesAsync(lab.Target, "verify", "-p", $"{Port}");
        await RulesAsync(lab.Online, ["verify", "--of", "copier", .. transfer]);
        await RulesAsync(lab.Target, "remove");
        await RulesAsync(lab.Online, "remove", "--of", "copier");
        Assert.Equal(states, (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync()));

        Task RulesAsync(LabHost host, params string[] words)
        {
            string[] line = [.. As("tcpcopy-rules@"), program, "rules", .. words];
            return RunAsync(host, line);
        }
    }

    [Fact]
    public async Task What_killed_nodes_left_is_taken_away_by_rules_remove()
    {
        await using var lab = await LabNetwork.StartAsync();
        var states = (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync());
        await using (var copying = await Copying.StartAsync(lab, Port, lab.Online))
        {
            foreach (var node in new[] { copying.Copier, copying.Interceptor })
            {
                await node.KillAsync();
            }
        }
        Assert.NotEqual(states.Item1, await lab.Target.NetworkStateAsync());
        Assert.NotEqual(states.Item2, await lab.Online.NetworkStateAsync());

        foreach (var host in new[] { lab.Target, lab.Online })
            await RunAsync(host, NodeProcess.Executable, "rules", "remove");

        Assert.Equal(states, (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync()));
    }

    [Fact]
    public async Task Rules_that_are_not_there_or_not_these_are_refused_in_one_line()
    {
        await using var lab = await LabNetwork.StartAsync();
        var before = await lab.Target.NetworkStateAsync();
        await RefusedAsync("have not been applied on this host; run 'tcpcopy rules apply'", "intercept", "--rules", "outside", "-p", "8080");
        await RefusedAsync("has not been applied on this host", "copy", "--rules", "outside", "-x", "8080-10.77.0.2:8080", "-s", "10.77.0.3");
        await RefusedAsync("name them", "intercept", "--rules", "outside");
        await RefusedAsync("leave one of the two out", "copy", "--own-ip", "--rules", "outside", "-x", "8080-10.77.0.2:8080");
        Assert.Equal(before, await lab.Target.NetworkStateAsync());

        await RunAsync(lab.Target, NodeProcess.Executable, "rules", "apply", "-p", "8080");
        await RefusedAsync("were made for ports=8080", "intercept", "--rules", "outside", "-p", "9090");
        (await lab.Target.RunAsync("nft", "flush", "chain", "inet", "tcpcopy", "take_replies")).Checked();
        await RefusedAsync("was changed or removed by somebody else", "intercept", "--rules", "outside", "-p", "8080");
        (await lab.Target.RunAsync("nft", "flush", "ruleset")).Checked();
        await RefusedAsync("was changed or removed by somebody else", "rules", "verify", "-p", "8080");
        await RunAsync(lab.Target, NodeProcess.Executable, "rules", "remove");

        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "-p", "8080");
        await RefusedAsync("another interceptor", "rules", "apply", "-p", "8080");
        await RefusedAsync("another interceptor", "rules", "remove");
        await interceptor.StopAsync();
        Assert.Equal(before, await lab.Target.NetworkStateAsync());

        async Task RefusedAsync(string reason, params string[] words)
        {
            var result = await lab.Target.RunAsync(NodeProcess.Executable, words);
            Assert.True(result.ExitCode == 2, $"exit code {result.ExitCode}: {result.Command}\n{result.Output}\n{result.Errors}");
            Assert.Contains(reason, Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_rules_show_prints_is_what_apply_does_and_changes_nothing()
    {
        await using var lab = await LabNetwork.StartAsync();
        var before = await lab.Target.NetworkStateAsync();
        var shown = (await lab.Target.RunAsync(NodeProcess.Executable, "rules", "show", "-p", "8080")).Checked().Output;
        Assert.Equal(before, await lab.Target.NetworkStateAsync());
        var done = (await lab.Target.RunAsync(NodeProcess.Executable, "rules", "apply", "-p", "8080")).Checked().Output;
        Assert.Contains("ip link set dev tcpcopy0 up", done, StringComparison.Ordinal);
        // All but the last line, which says whether it was done.
        Assert.Equal(done.Split('\n')[..^1], shown.Split('\n')[..^1]);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("tcpcopy.send.notrack = off\n", 100)]
    public async Task Replicas_take_no_room_in_the_online_hosts_connection_table(string settings, int expected)
    {
        await using var lab = await LabNetwork.StartAsync();
        // Any rule that asks for a connection's state makes the kernel track this host's connections.
        const string Tracking = "add table inet own; add chain inet own out { type filter hook output priority 0; }; add rule inet own out ct state new";
        await RunAsync(lab.Online, "nft", Tracking);
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, settings, lab.Online);
        var before = await TrackedAsync(lab.Online);

        (await lab.Client.RunAsync("hey", "-n", "100", "-c", "5", "-disable-keepalive", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(100, Bound);
        var tracked = await TrackedAsync(lab.Online) - before;
        await copying.StopAsync();

        // The clients' own hundred connections are tracked; the replicas' hundred only where they are not passed over.
        Assert.InRange(tracked, 100 + expected, 110 + expected);
    }

    private static async Task<int> TrackedAsync(LabHost host) =>
        int.Parse((await host.RunAsync("cat", "/proc/sys/net/netfilter/nf_conntrack_count")).Checked().Output, CultureInfo.InvariantCulture);

    private static async Task RunAsync(LabHost host, params string[] line) => (await host.RunAsync(line[0], line[1..])).Checked();

    /// <summary>The start of a command line that runs what follows as a service manager would run a unit: as nobody, with that unit's rights.</summary>
    private static string[] As(string unit)
    {
        var lines = File.ReadLines(RepositoryPaths.At($"scripts/systemd/{unit}.service")).Select(line => line.Split('=', 2)).ToList();
        var (ambient, bounding) = (SetOf("AmbientCapabilities"), SetOf("CapabilityBoundingSet"));
        return
        [
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs",
            "--bounding-set", "-all," + bounding, "--inh-caps", "-all," + ambient, "--ambient-caps", "-all," + ambient,
        ];

        string SetOf(string key) => string.Join(',', Assert.Single(lines, line => line[0] == key)[1].Split(' ')
            .Select(name => "+" + name.Replace("CAP_", "", StringComparison.Ordinal).ToLowerInvariant()));
    }
}
