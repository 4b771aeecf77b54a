using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>What the target answers to replicas reaches real clients, or nobody: no more replicas are opened, until it is mended.</summary>
public sealed class EscapeTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Rules_that_somebody_flushed_stop_copying_after_ten_resets_and_it_resumes_when_they_are_back()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.escape.probe-interval = 1 s", lab.Online);
        await using var watch = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");
        var rules = (await lab.Target.RunAsync("nft", "list", "ruleset")).Checked().Output;

        await using var load = lab.Client.Start("hey", "-z", "60s", "-c", "10", "-q", "10", "-disable-keepalive", lab.Online.Url(Port, "/page"));
        await target.WaitForAccessesAsync(100, Bound);
        Assert.Empty(await watch.PacketsUntilNowAsync());
        (await lab.Target.RunAsync("nft", "flush", "ruleset")).Checked();
        await copying.Copier.WaitForLineAsync("no more sessions are copied: real clients reset replicas", Bound);
        await online.WaitForAccessesAsync(online.Accesses().Count + 200, Bound);
        var escaped = (await watch.PacketsUntilNowAsync()).Count;
        await lab.Target.ApplyRulesAsync(rules);
        await copying.Copier.WaitForLineAsync("sessions are copied again", Bound);
        var before = target.Accesses().Count;
        await target.WaitForAccessesAsync(before + 200, Bound);
        load.Signal(RunningProcess.SigInt);
        await load.EndAsync(Bound);
        var figures = Assert.Single(await copying.StopAsync());

        // Those of the ten replicas that told of it, and of what was under way when it was noticed. Of those two hundred it would be a thousand.
        Assert.InRange(escaped, 10, 300);
        Assert.InRange(figures.Ended("shed"), 100, 3_000);
        figures.AssertSumsReconcile();
    }

    [Fact]
    public async Task SYNs_that_nothing_answers_stop_copying_and_it_resumes_on_command_when_the_way_is_free()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.escape { probe-interval = 1 h, silence = 2 s }", lab.Online);
        // As a switch that lets no forged source address through.
        await lab.Target.ApplyRulesAsync("""
            table ip filtered {
              chain arrivals {
                type filter hook prerouting priority -400; policy accept;
                ip dscp 0x2a drop
              }
            }
            """);

        await using var load = lab.Client.Start("hey", "-z", "60s", "-c", "10", "-q", "10", "-disable-keepalive", lab.Online.Url(Port, "/page"));
        await copying.Copier.WaitForLineAsync("no more sessions are copied: none of the last 50 replicas was answered", Bound);
        (await lab.Target.RunAsync("nft", "delete", "table", "ip", "filtered")).Checked();
        // No probe would find that out for an hour.
        Assert.Contains("sessions are copied again", await ResumeAsync(), StringComparison.Ordinal);
        await copying.Copier.WaitForLineAsync("sessions are copied again, as the operator says", Bound);
        Assert.Contains("was not stopped", await ResumeAsync(), StringComparison.Ordinal);
        await target.WaitForAccessesAsync(200, Bound);
        load.Signal(RunningProcess.SigInt);
        await load.EndAsync(Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.InRange(figures.Ended("shed"), 50, 3_000);
        figures.AssertSumsReconcile();

        async Task<string> ResumeAsync() => (await lab.Online.RunAsync(NodeProcess.Executable, "resume")).Checked().Output;
    }
}
