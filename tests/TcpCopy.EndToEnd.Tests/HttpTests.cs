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

        var keepAlive = lab.Client.RunAsync("hey", "-n", "5000", "-c", "20", "-q", "50", lab.Online.Url(Port, "/page?kept"));
        // A real client of the target's port is served while replicas are intercepted.
        (await lab.Assistant.RunAsync("curl", "-sf", "--max-time", "10", lab.Target.Url(Port, "/page?straight"))).Checked();
        (await keepAlive).Checked();
        (await lab.Client.RunAsync(
            "hey", "-n", "5000", "-c", "20", "-q", "50", "-disable-keepalive", lab.Online.Url(Port, "/page?short"))).Checked();
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
        Assert.Empty(await watch.PacketsUntilNowAsync());
        Assert.Equal(states, (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync()));

        // The watch does see what the target sends to the client.
        (await lab.Client.RunAsync("curl", "-sf", lab.Target.Url(Port, "/page"))).Checked();
        await watch.WaitForPacketAsync($"{lab.Target.Address}.{Port} >");
    }
}
