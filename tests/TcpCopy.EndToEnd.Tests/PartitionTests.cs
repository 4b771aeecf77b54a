using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>
/// Copiers that do not hear interceptors for a while. Nobody ends itself because of that, production is served, and when the partition is healed copying
/// resumes, without a restart.
/// </summary>
public sealed class PartitionTests
{
    private const int Port = 8080;
    private const int RequestsASecond = 100;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>Of three nodes and of five, where the copiers are the majority; of five for half a minute.</summary>
    [Theory]
    [InlineData(2, 1, 8)]
    [InlineData(3, 2, 30)]
    public async Task What_was_asked_meanwhile_is_copied_when_it_is_over(int copiers, int interceptors, int seconds)
    {
        await using var lab = await LabNetwork.StartAsync();
        LabHost[] targets = [.. new[] { lab.Target, lab.Assistant }.Take(interceptors)];
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var nodes = new NodeGroup();
        foreach (var host in targets)
            await nodes.AddAsync(NodeProcess.StartInterceptorAsync(host, ["-s", lab.Target.Address]));
        for (var number = 0; number < copiers; number++)
        {
            // One copier for each port; the others have nothing to do but to be members.
            var host = targets[number % targets.Length].Address;
            await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Online, "-x", $"{Port + number}-{host}:{Port}", "-s", lab.Target.Address));
        }

        await using var load = Load(lab);
        await target.WaitForAccessesAsync(RequestsASecond, Bound);
        var partition = await Partition.CutAsync(lab.Online, targets);
        await online.WaitForAccessesAsync(online.Accesses().Count + seconds * RequestsASecond, Bound);
        // Each side has found out about the other.
        await nodes.WaitForAllAsync("UNREACHABLE");
        Assert.InRange(target.Accesses().Count, 0, online.Accesses().Count - (seconds - 2) * RequestsASecond);
        // These begin when nobody can be told of them, in the long run with no connection between the nodes any more.
        (await lab.Client.RunAsync("hey", "-n", "20", "-c", "5", "-disable-keepalive", lab.Online.Url(Port, "/page?during"))).Checked();
        await partition.HealAsync();
        await load.StopAsync(Bound);
        (await lab.Client.RunAsync("hey", "-n", "100", "-c", "10", "-q", "10", "-disable-keepalive", lab.Online.Url(Port, "/page?after"))).Checked();
        await target.WaitForAccessesAsync(online.Accesses().Count, Bound);
        var figures = Figures.Of((await nodes.StopAsync())[interceptors]);

        figures.AssertNothingLost(online.Accesses().Count);
        Assert.Equal(online.Accesses().Count, target.Accesses().Count);
    }

    /// <summary>The firewall answers in their names that nobody listens there, as the host of a killed copier does.</summary>
    [Fact]
    public async Task Copiers_that_a_firewall_keeps_apart_are_not_taken_for_dead()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        foreach (var (host, other) in new[] { (lab.Online, lab.Assistant), (lab.Assistant, lab.Online) })
        {
            var rule = $"type filter hook input priority 0; ip saddr {other.Address} meta l4proto tcp reject with tcp reset";
            await host.ApplyRulesAsync($"table inet apart {{\nchain in {{ {rule}\n}}\n}}\n");
        }
        await using var nodes = new NodeGroup();
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Target));
        foreach (var host in new[] { lab.Online, lab.Assistant })
            await nodes.AddAsync(NodeProcess.StartCopierAsync(host, NodeProcess.CopyTo(lab.Target, Port)));
        foreach (var copier in new[] { nodes[1], nodes[2] })
            await copier.Process.WaitForLineAsync("UNREACHABLE", Bound);

        // Longer than it takes to find a copier dead.
        (await lab.Client.RunAsync("hey", "-z", "15s", "-c", "10", "-q", "10", lab.Online.Url(Port, "/page"))).Checked();
        await target.WaitForAccessesAsync(online.Accesses().Count, Bound);
        Assert.False(nodes[1].Process.HasExited || nodes[2].Process.HasExited);
        var figures = await nodes.StopAsync();

        Figures.Of(figures[1]).AssertNothingLost(online.Accesses().Count);
    }

    /// <summary>
    /// Of two nodes, and longer than anybody waits, by settings: sessions are given up and their replicas closed. After it new ones are copied, and the
    /// connections that went on through it are joined again.
    /// </summary>
    [Fact]
    public async Task After_one_that_outlasts_all_patience_copying_resumes()
    {
        using var scratch = new ScratchDirectory();
        const string Impatient = "akka.remote.transport-failure-detector { heartbeat-interval = 1 s, acceptable-heartbeat-pause = 2 s }\n";
        var (copierFile, interceptorFile) = (
            scratch.Write("copier.conf", Impatient + "tcpcopy.session.give-up-after = 4 s"),
            scratch.Write("interceptor.conf", Impatient + "tcpcopy.intercept.forget-after = 3 s"));
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var nodes = new NodeGroup();
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Target, "--config", interceptorFile));
        await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "--config", copierFile]));

        await using var load = Load(lab);
        await target.WaitForAccessesAsync(RequestsASecond, Bound);
        var partition = await Partition.CutAsync(lab.Online, lab.Target);
        await nodes[0].Process.WaitForLineAsync("replicas of the copier at", Bound);
        await online.WaitForAccessesAsync(12 * RequestsASecond, Bound);
        await partition.HealAsync();
        await nodes[1].Process.WaitForLineAsync("is heard of again", Bound);
        var arrived = target.Accesses().Count;
        await target.WaitForAccessesAsync(arrived + 2 * RequestsASecond, Bound);
        await load.StopAsync(Bound);
        (await lab.Client.RunAsync("hey", "-n", "100", "-c", "10", "-q", "10", "-disable-keepalive", lab.Online.Url(Port, "/page?after"))).Checked();
        await Wait.UntilAsync(() => AfterCount() == 100, Bound, () => $"100 requests after it; {AfterCount()} came");
        var figures = Figures.Of((await nodes.StopAsync())[1]);

        figures.AssertSumsReconcile();
        Assert.InRange(figures.Ended("reply-timeout"), 10, 50);

        int AfterCount() => target.Accesses().Count(access => access.Path == "/page?after");
    }

    private static RunningProcess Load(LabNetwork lab) =>
        TrafficServer.Ask(lab.Client, lab.Online, Port, clients: 10, rate: RequestsASecond / 10, requests: 10_000);
}
