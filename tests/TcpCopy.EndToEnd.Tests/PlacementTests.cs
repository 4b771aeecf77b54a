using System.Globalization;
using TcpCopy.Packets.Privileges;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Where an interceptor may be besides the target, and by what it may tell replicas: each as its example in config/ has it.</summary>
public sealed class PlacementTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task In_own_IP_mode_nothing_runs_on_the_target_and_nothing_stays_on_the_online_host()
    {
        using var files = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var before = await StatesAsync(lab);
        // Of both families, and killed: the rules that it leaves are the next one's.
        await using var killed = await NodeProcess.StartCopierAsync(
            lab.Online, "--own-ip", "-x", $"{Port}-{lab.Target.Address}:{Port},[fd77::2]:{Port}-[fd77::3]:{Port}");
        await RequestAsync(lab, 100, "[fd77::2]");
        await target.WaitForAccessesAsync(100, Bound);
        await killed.Process.KillAsync();
        Assert.NotEqual(before[lab.Online.Name], await lab.Online.NetworkStateAsync());
        await using var resets = await PacketWatch.StartAsync(lab.Target, $"src host {lab.Online.Address} and tcp[13] & 4 != 0");
        await using var escaped = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");

        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, "--config", ForTheLab(files, "own-ip.conf"));
        await RequestAsync(lab, 1000);
        await target.WaitForAccessesAsync(1100, Bound);
        await Copying.WaitUntilClosedAsync(lab.Target, Port, Bound);
        var figures = Figures.Of(await copier.StopAsync());

        figures.AssertNothingLost(requests: 1000);
        Assert.True(figures.Number("tap", "frames") > 1000 && figures.Number("tap", "dropped") == 0);
        Assert.Equal(
            new Dictionary<string, int> { ["fd77::2"] = 100, [lab.Online.Address] = 1000 },
            target.Accesses().CountBy(access => access.Client).ToDictionary());
        Assert.Empty(await resets.PacketsUntilNowAsync());
        Assert.Empty(await escaped.PacketsUntilNowAsync());
        Assert.Equal(before, await StatesAsync(lab));
    }

    [Fact]
    public async Task Two_assistants_take_the_replies_of_their_clients_and_nothing_runs_on_the_target()
    {
        using var files = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        // There is no fifth host: the clients' one is the second assistant.
        var second = lab.Client;
        (await lab.Target.RunAsync("ip", "route", "add", "198.18.0.0/17", "via", lab.Assistant.Address)).Checked();
        (await lab.Target.RunAsync("ip", "route", "add", "198.18.128.0/17", "via", second.Address)).Checked();
        string[] clients = [.. Enumerable.Range(11, 10).Select(host => $"10.77.0.{host}")];
        foreach (var client in clients)
            (await lab.Client.RunAsync("ip", "address", "add", client + "/24", "dev", "eth0")).Checked();
        var before = await StatesAsync(lab);
        await AssertForwardersAreRefusedAsync(lab.Assistant);

        await using var one = await NodeProcess.StartInterceptorAsync(lab.Assistant, "--config", ForTheLab(files, "assistant.conf"));
        await using var other = await NodeProcess.StartInterceptorAsync(second, "--config", ForTheLab(files, "second-assistant.conf"));
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, "--config", ForTheLab(files, "assisted-copier.conf"));
        // It changes nothing of its host, so it keeps no right to.
        ProcessRights.AssertAtMost(Capabilities.RawNetwork, one.Process.Id);
        await copier.Process.WaitForLineAsync($"linked to interceptor akka.tcp://tcpcopy@{lab.Assistant.Address}:", Bound);
        await copier.Process.WaitForLineAsync($"linked to interceptor akka.tcp://tcpcopy@{second.Address}:", Bound);
        var url = lab.Online.Url(Port, "/page?[1-20]");
        foreach (var client in clients)
            (await lab.Client.RunAsync("curl", "-sf", "-o", "/dev/null", "--interface", client, url)).Checked();
        await target.WaitForAccessesAsync(200, Bound);
        await Copying.WaitUntilClosedAsync(lab.Target, Port, Bound);
        var figures = Figures.Of(await copier.StopAsync());

        figures.AssertNothingLost(requests: 200);
        var halves = target.Accesses().CountBy(access => HalfOf(access.Client)).ToDictionary();
        Assert.Equal([0, 1], halves.Keys.Order());
        foreach (var (node, half) in new[] { (one, 0), (other, 1) })
        {
            // Handshake, answers and ends of its half's connections, and nothing of the others'.
            var replies = (await node.StopAsync()).GetProperty("replies").GetProperty("routed").GetInt64();
            Assert.InRange(replies, halves[half], 3L * halves[half]);
        }
        Assert.Equal(before, await StatesAsync(lab));
    }

    [Fact]
    public async Task Told_by_their_addresses_replicas_are_taken_and_real_clients_served()
    {
        using var files = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var before = await StatesAsync(lab);
        await using (var killed = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", ForTheLab(files, "client-range.conf")))
        {
            await killed.Process.KillAsync();
        }
        Assert.NotEqual(before[lab.Target.Name], await lab.Target.NetworkStateAsync());
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", ForTheLab(files, "client-range.conf"));
        // No mark that the interceptor could go by.
        await using var copier = await NodeProcess.StartCopierAsync(
            lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "-c", "198.18.0.0/16", "--config", files.Write("dscp.conf", "tcpcopy.send.dscp = 1")]);
        await RequestAsync(lab, 500);
        (await lab.Client.RunAsync("curl", "-sf", "--max-time", "10", lab.Target.Url(Port))).Checked();
        await target.WaitForAccessesAsync(501, Bound);
        await Copying.WaitUntilClosedAsync(lab.Target, Port, Bound);
        var figures = Figures.Of(await copier.StopAsync());
        await interceptor.StopAsync();

        figures.AssertNothingLost(requests: 500);
        Assert.Equal(500, target.Accesses().Count(access => access.Client.StartsWith("198.18.", StringComparison.Ordinal)));
        Assert.Equal(before, await StatesAsync(lab));
    }

    [Fact]
    public async Task Told_by_the_port_all_of_it_is_taken()
    {
        using var files = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var before = await StatesAsync(lab);
        await using var escaped = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address} and tcp src port {Port}");
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--select", "port");
        await using var copier = await NodeProcess.StartCopierAsync(
            lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "--config", files.Write("dscp.conf", "tcpcopy.send.dscp = 1")]);
        await RequestAsync(lab, 500);
        await target.WaitForAccessesAsync(500, Bound);
        await Copying.WaitUntilClosedAsync(lab.Target, Port, Bound);
        var figures = Figures.Of(await copier.StopAsync());
        // Its answer, too: that is the price.
        Assert.Equal(28, (await lab.Assistant.RunAsync("curl", "-s", "--max-time", "1", lab.Target.Url(Port))).ExitCode);
        await interceptor.StopAsync();

        figures.AssertNothingLost(requests: 500);
        Assert.Equal(500, target.Accesses().Count(access => access.Client == lab.Client.Address));
        Assert.Empty(await escaped.PacketsUntilNowAsync());
        Assert.Equal(before, await StatesAsync(lab));
    }

    [Fact]
    public async Task Out_of_a_queue_replies_are_taken_without_policy_routing_and_a_killed_one_lets_none_out()
    {
        using var files = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var before = await StatesAsync(lab);
        await using var escaped = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address} and tcp src port {Port}");
        await using var killed = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", ForTheLab(files, "queue.conf"));
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        Assert.DoesNotContain("fwmark", (await lab.Target.RunAsync("ip", "rule")).Checked().Output, StringComparison.Ordinal);
        ProcessRights.AssertAtMost(Capabilities.RawNetwork | Capabilities.NetworkAdministration, killed.Process.Id);
        await RequestAsync(lab, 500);
        await target.WaitForAccessesAsync(500, Bound);
        await killed.Process.KillAsync();

        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--sink", "queue");
        await copier.Process.WaitForLinesAsync("linked to interceptor", 2, Bound);
        (await lab.Client.RunAsync("curl", "-sf", "--max-time", "10", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(501, Bound);
        Assert.Empty(await escaped.PacketsUntilNowAsync());
        // A real client of the target's.
        (await lab.Client.RunAsync("curl", "-sf", "--max-time", "10", lab.Target.Url(Port))).Checked();
        await Copying.WaitUntilClosedAsync(lab.Target, Port, Bound);
        var figures = Figures.Of(await copier.StopAsync());
        await interceptor.StopAsync();

        figures.AssertNothingLost(requests: 501);
        Assert.NotEmpty(escaped.Packets);
        Assert.Equal(before, await StatesAsync(lab));
    }

    private static int HalfOf(string address) => int.Parse(address.Split('.')[2], CultureInfo.InvariantCulture) / 128;

    /// <summary>A file of config/ as shipped, but for the addresses and the port of its example.</summary>
    private static string ForTheLab(ScratchDirectory files, string name) => files.Write(
        name,
        File.ReadAllText(RepositoryPaths.At("config/" + name))
            .Replace("10.0.0.148", "10.77.0.3", StringComparison.Ordinal)
            .Replace("10.0.0.201", "10.77.0.4", StringComparison.Ordinal)
            .Replace("10.0.0.202", "10.77.0.1", StringComparison.Ordinal)
            .Replace("12321", $"{Port}", StringComparison.Ordinal));

    private static async Task<Dictionary<string, string>> StatesAsync(LabNetwork lab)
    {
        var states = new Dictionary<string, string>();
        foreach (var host in new[] { lab.Client, lab.Online, lab.Target, lab.Assistant })
            states[host.Name] = await host.NetworkStateAsync();
        return states;
    }

    /// <summary>Half of the requests on connections of their own.</summary>
    private static async Task RequestAsync(LabNetwork lab, int requests, string? online = null)
    {
        var url = $"http://{online ?? lab.Online.Address}:{Port}/page";
        (await lab.Client.RunAsync("hey", "-n", $"{requests / 2}", "-c", "10", url)).Checked();
        (await lab.Client.RunAsync("hey", "-n", $"{requests / 2}", "-c", "10", "-disable-keepalive", url)).Checked();
    }

    private static async Task AssertForwardersAreRefusedAsync(LabHost host)
    {
        (await host.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=1")).Checked();
        var refused = await host.RunAsync(NodeProcess.Executable, "intercept", "--placement", "assistant");
        (await host.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=0")).Checked();
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("sysctl -w net/ipv4/ip_forward=0", Assert.Single(refused.Errors.Trim().Split('\n')), StringComparison.Ordinal);
    }
}
