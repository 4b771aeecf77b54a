using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Nodes that are killed under load and start again: what was there before goes on, and what comes after is copied.</summary>
public sealed class OutageTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_interceptor_that_is_killed_and_back_after_three_seconds_costs_no_session_and_no_request()
    {
        const int RequestsASecond = 400;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var before = await lab.Target.NetworkStateAsync();
        await using var killed = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        await using var watch = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");

        await using var load = TrafficServer.Ask(lab.Client, lab.Online, Port, clients: 20, rate: RequestsASecond / 20, requests: 10_000);
        await target.WaitForAccessesAsync(RequestsASecond, Bound);
        await killed.Process.KillAsync();
        await online.WaitForAccessesAsync(online.Accesses().Count + 3 * RequestsASecond, Bound);
        await using var restarted = await NodeProcess.StartInterceptorAsync(lab.Target);
        await copier.Process.WaitForLinesAsync("linked to interceptor", 2, Bound);
        (await lab.Client.RunAsync("hey", "-n", "400", "-c", "10", "-q", "20", "-disable-keepalive", lab.Online.Url(Port, "/page?after"))).Checked();
        await load.StopAsync(Bound);
        await target.WaitForAccessesAsync(online.Accesses().Count, Bound);
        var figures = Figures.Of(await copier.StopAsync());
        await restarted.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(copier.Process.Describe());

        figures.AssertNothingLost(online.Accesses().Count);
        Assert.Equal(400, target.Accesses().Count(access => access.Path == "/page?after"));
        Assert.Equal(figures.Number("sessions", "seen"), figures.Ended("replayed") + figures.Ended("stopped"));
        Assert.Empty(await watch.PacketsUntilNowAsync());
        Assert.Equal(before, await lab.Target.NetworkStateAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_interceptor_whose_sink_was_taken_away_ends_as_if_it_was_stopped(bool leavesRules)
    {
        using var scratch = new ScratchDirectory();
        var settings = scratch.Write("interceptor.conf", $"tcpcopy.intercept.leave-rules = {(leavesRules ? "on" : "off")}");
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", settings);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));

        (await lab.Target.RunAsync("ip", "link", "delete", "tcpcopy0")).Checked();
        var ended = await interceptor.Process.EndAsync(Bound);
        Assert.NotEqual(0, ended.ExitCode);
        await copier.Process.WaitForLineAsync(leavesRules ? "is gone: live sessions wait for it" : "stops: its replicas are reset", Bound);
        var rules = (await lab.Target.RunAsync("nft", "list", "tables")).Checked();
        Assert.Equal(leavesRules, rules.Output.Contains("tcpcopy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copier_that_is_killed_and_started_again_joins_what_goes_on()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var killed = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        await using var watch = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");

        await using var load = TrafficServer.Ask(lab.Client, lab.Online, Port, clients: 20, rate: 20, requests: 10_000);
        await target.WaitForAccessesAsync(400, Bound);
        await killed.Process.KillAsync();
        await using var restarted = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        (await lab.Client.RunAsync("hey", "-n", "200", "-c", "10", "-q", "20", "-disable-keepalive", lab.Online.Url(Port, "/page?after"))).Checked();
        await load.StopAsync(Bound);
        await Wait.UntilAsync(() => AfterCount() == 200, Bound, () => $"200 requests of new sessions; {AfterCount()} came");
        var figures = Figures.Of(await restarted.StopAsync());
        await interceptor.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(restarted.Process.Describe());

        figures.AssertSumsReconcile();
        // Those that were open are joined at a request each.
        Assert.InRange(figures.Number("sessions", "joined"), 20, 60);
        Assert.Empty(await watch.PacketsUntilNowAsync());

        int AfterCount() => target.Accesses().Count(access => access.Path == "/page?after");
    }

    [Fact]
    public async Task An_interceptor_is_back_after_it_was_killed_though_a_copier_was_killed_before()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        await using var killed = await NodeProcess.StartCopierAsync(lab.Assistant, NodeProcess.CopyTo(lab.Target, Port));
        // The copiers know each other: who never met another does not judge.
        Assert.True(await Wait.IsMetAsync(async () => (await ConnectionsAsync()).Length > 0, Bound));
        (await lab.Client.RunAsync("hey", "-n", "30", "-c", "3", "-q", "5", lab.Online.Url(Port, "/page?before"))).Checked();
        await killed.Process.KillAsync();
        await using var successor = await NodeProcess.StartCopierAsync(lab.Assistant, NodeProcess.CopyTo(lab.Target, Port));
        await copier.Process.WaitForLineAsync("is dead, nobody listens there", Bound);

        await interceptor.Process.KillAsync();
        await using var restarted = await NodeProcess.StartInterceptorAsync(lab.Target);
        await copier.Process.WaitForLinesAsync("linked to interceptor", 2, Bound);
        await using var newcomer = await NodeProcess.StartCopierAsync(lab.Client, NodeProcess.CopyTo(lab.Target, Port));
        (await lab.Client.RunAsync("hey", "-n", "100", "-c", "10", "-q", "20", "-disable-keepalive", lab.Online.Url(Port, "/page"))).Checked();
        await Wait.UntilAsync(() => AfterCount() == 100, Bound, () => $"100 requests at the target; {AfterCount()} came");
        var figures = Figures.Of(await copier.StopAsync());

        figures.AssertNothingLost(online.Accesses().Count);

        int AfterCount() => target.Accesses().Count(access => access.Path == "/page");

        async Task<string> ConnectionsAsync() =>
            (await lab.Assistant.RunAsync("ss", "-Htn", "state", "established", "dst", lab.Online.Address)).Checked().Output;
    }

    [Fact]
    public async Task What_a_killed_copier_left_at_the_target_is_closed_by_the_interceptor()
    {
        using var scratch = new ScratchDirectory();
        var settings = scratch.Write("interceptor.conf", "tcpcopy.intercept.forget-after = 2 s");
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", settings);
        await using var killed = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        await using var watch = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");

        await using var load = lab.Client.Start("hey", "-z", "60s", "-c", "20", "-q", "10", lab.Online.Url(Port, "/page"));
        await using var real = lab.Assistant.Start("hey", "-z", "60s", "-c", "1", "-q", "10", lab.Target.Url(Port, "/page?real"));
        await Wait.UntilAsync(async () => await EstablishedAsync(lab, lab.Client) >= 20, Bound, () => "20 replicas at the target");
        await target.WaitForAccessesAsync(400, Bound);
        await killed.Process.KillAsync();
        await Wait.UntilAsync(async () => await EstablishedAsync(lab, lab.Client) == 0, Bound, () => "no replica left at the target");
        Assert.Equal(1, await EstablishedAsync(lab, lab.Assistant));
        var figures = await interceptor.StopAsync();

        // Some clients open a connection more than they use.
        Assert.InRange(figures.GetProperty("replies").GetProperty("resets").GetInt64(), 20, 40);
        Assert.DoesNotContain(await watch.PacketsUntilNowAsync(), line => line.Contains("Flags [R", StringComparison.Ordinal));
    }

    private static async Task<int> EstablishedAsync(LabNetwork lab, LabHost client) =>
        (await lab.Target.RunAsync("ss", "-Htn", "state", "established", "sport", "=", $":{Port}", "and", "dst", client.Address)).Checked().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
