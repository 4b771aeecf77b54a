using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>HTTP between real nginx servers: every request that an online host got arrives at the target, and nothing else changes.</summary>
public sealed class HttpTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Ten_thousand_requests_arrive_and_the_target_is_left_as_it_was()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var states = (Target: await lab.Target.NetworkStateAsync(), Online: await lab.Online.NetworkStateAsync());
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        Assert.NotEqual(states.Target, await lab.Target.NetworkStateAsync());
        await using var watch = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");

        var keepAlive = lab.Client.RunAsync("hey", "-n", "5000", "-c", "20", "-q", "50", UrlOf(lab.Online, "/page?kept"));
        // A real client of the target's port is served while replicas are intercepted.
        (await lab.Assistant.RunAsync("curl", "-sf", "--max-time", "10", UrlOf(lab.Target, "/page?straight"))).Checked();
        (await keepAlive).Checked();
        (await lab.Client.RunAsync(
            "hey", "-n", "5000", "-c", "20", "-q", "50", "-disable-keepalive", UrlOf(lab.Online, "/page?short"))).Checked();
        await target.WaitForAccessesAsync(10_001, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(10_000, online.Accesses().Count);
        var arrived = target.Accesses()
            .GroupBy(access => (access.Path, access.Client, access.IsComplete))
            .ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(
            new Dictionary<(string, string, bool), int>
            {
                [("/page?kept", lab.Client.Address, true)] = 5000,
                [("/page?short", lab.Client.Address, true)] = 5000,
                [("/page?straight", lab.Assistant.Address, true)] = 1,
            },
            arrived);
        figures.AssertNothingLost(requests: 10_000);
        Assert.Empty(watch.Packets);
        Assert.Equal(states, (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync()));

        // The watch does see what the target sends to the client.
        (await lab.Client.RunAsync("curl", "-sf", UrlOf(lab.Target, "/page"))).Checked();
        await watch.WaitForPacketAsync($"{lab.Target.Address}.{Port} >");
    }

    [Fact]
    public async Task Two_online_hosts_copy_to_one_target_at_once()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var first = await NginxServer.StartAsync(lab.Online, Port);
        await using var second = await NginxServer.StartAsync(lab.Assistant, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        // The second host's clients come from an address of their own: one client cannot have the same port on both.
        (await lab.Client.RunAsync("ip", "address", "add", "10.77.0.11/24", "dev", "eth0")).Checked();
        (await lab.Client.RunAsync("ip", "route", "add", lab.Assistant.Address, "dev", "eth0", "src", "10.77.0.11")).Checked();
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online, lab.Assistant);

        var loads = new[] { lab.Online, lab.Assistant }.Select(host =>
            lab.Client.RunAsync("hey", "-n", "3000", "-c", "10", "-q", "50", UrlOf(host, "/page?" + host.Name)));
        foreach (var load in await Task.WhenAll(loads))
            load.Checked();
        await target.WaitForAccessesAsync(6000, Bound);
        var figures = await copying.StopAsync();

        var arrived = target.Accesses().GroupBy(access => (access.Path, access.Client)).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(
            new Dictionary<(string, string), int>
            {
                [("/page?online", lab.Client.Address)] = 3000,
                [("/page?assistant", "10.77.0.11")] = 3000,
            },
            arrived);
        Assert.All(figures, figures => figures.AssertNothingLost(requests: 3000));
    }

    private static string UrlOf(LabHost host, string path) => $"http://{host.Address}:{Port}{path}";
}
