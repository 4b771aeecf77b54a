using System.Text.Json;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>What nodes show of themselves while they copy: metrics, sessions, logs.</summary>
public sealed class WatchTests
{
    private const int Port = 8080;
    private const string Secret = "hush-hush";

    /// <summary>It is there once somebody has asked.</summary>
    private const string WebServer = "/Microsoft.AspNetCore.Server.Kestrel.Core.dll";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Figures_reconcile_at_every_scrape_under_load_and_after_a_kill_of_the_interceptor()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var killed = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var first = killed;
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, NodeProcess.CopyTo(lab.Target, Port));
        await using var kept = lab.Client.Start("hey", "-z", "300s", "-c", "10", "-q", "50", lab.Online.Url(Port));
        await using var opened = lab.Client.Start("hey", "-z", "300s", "-c", "10", "-q", "20", "-disable-keepalive", lab.Online.Url(Port));
        await target.WaitForAccessesAsync(500, Bound);
        Assert.DoesNotContain(WebServer, copier.Process.Maps(), StringComparison.Ordinal);
        var before = await ScrapeAsync(lab, times: 10, before: null);
        Assert.Contains(WebServer, copier.Process.Maps(), StringComparison.Ordinal);
        Assert.NotEqual(0, before["tcpcopy_requests_delivered_total"]);
        Assert.Equal(1, before["tcpcopy_link_up"]);
        await AssertShownAsync(lab);

        await killed.Process.KillAsync();
        await WaitForHealthAsync(lab, "503");
        before = await ScrapeAsync(lab, times: 5, before);
        await using var second = await NodeProcess.StartInterceptorAsync(lab.Target);
        await WaitForHealthAsync(lab, "200");
        var known = target.Accesses().Count;
        await target.WaitForAccessesAsync(known + 500, Bound);
        before = await ScrapeAsync(lab, times: 5, before);
        Assert.Equal(1, before["tcpcopy_link_up"]);

        var replies = await Scrape.OfAsync(lab.Target);
        Assert.Equal(1, replies["tcpcopy_copier_served"]);
        Assert.NotEqual(0, replies["tcpcopy_intercepted_replies_routed_total"]);
        Figures.Of(await copier.StopAsync()).AssertSumsReconcile();
        await second.StopAsync();
    }

    [Fact]
    public async Task Figures_reconcile_while_sessions_are_shed()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        // 256 sessions at 4 KiB each, and from three quarters on the next are shed.
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.copier.max-memory = 1 MiB", lab.Online);
        await using var load = lab.Client.Start("hey", "-z", "300s", "-c", "300", "-q", "5", lab.Online.Url(Port));
        Scrape? before = null;
        await Wait.UntilAsync(
            async () => (before = await ScrapeAsync(lab, times: 1, before))["tcpcopy_sessions_ended_total", "outcome=\"shed\""] > 0,
            Bound,
            () => "sessions that are shed");
        before = await ScrapeAsync(lab, times: 5, before);

        Assert.InRange(before["tcpcopy_memory_used_bytes"], 1, before["tcpcopy_memory_budget_bytes"]);
        Assert.Single(await copying.StopAsync()).AssertSumsReconcile();
    }

    [Fact]
    public async Task Logs_are_JSON_with_key_and_outcome_of_a_session_and_nothing_that_it_carried()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        // Nobody listens at the target: it resets. And its HTTP port is taken, which keeps no node from its work.
        await using var other = await NginxServer.StartAsync(lab.Target, 9636);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        await interceptor.Process.WaitForLineAsync("127.0.0.1:9636 is in use", Bound);
        await using var copier = await NodeProcess.StartCopierAsync(
            lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "--log-format", "json", "--log-level", "debug"]);
        (await lab.Client.RunAsync("curl", "-sf", $"{lab.Online.Url(Port)}?{Secret}")).Checked();
        await copier.Process.WaitForLineAsync("target-reset", Bound);
        await copier.StopAsync();

        var lines = copier.Process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain(lines, line => line.Contains(Secret, StringComparison.Ordinal));
        var events = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        string[] always = ["time", "level", "source", "message"];
        Assert.All(events, item => Assert.All(always, name => Assert.True(item.TryGetProperty(name, out _), $"{item}")));
        var ended = Assert.Single(events, item => item.TryGetProperty("session", out _));
        Assert.Equal("target-reset", ended.GetProperty("outcome").GetString());
        Assert.Matches($@"^{lab.Client.Address}:\d+ > {lab.Online.Address}:{Port}$", ended.GetProperty("session").GetString());
        await interceptor.StopAsync();
    }

    /// <summary>The sessions, the cluster, and what the terminal verbs make of them.</summary>
    private static async Task AssertShownAsync(LabNetwork lab)
    {
        var sessions = await GetAsync(lab, "/api/sessions?sort=bytes&state=connected&limit=5");
        var busiest = sessions.GetProperty("sessions")[0];
        Assert.StartsWith(lab.Client.Address + ":", busiest.GetProperty("client").GetString(), StringComparison.Ordinal);
        var inside = await GetAsync(lab, $"/api/sessions/{busiest.GetProperty("id").GetString()}");
        Assert.True(inside.GetProperty("replica").GetProperty("targetWindow").GetInt32() > 0);
        Assert.True(inside.GetProperty("events").GetArrayLength() > 0);
        var ended = await GetAsync(lab, "/api/sessions?outcome=replayed&sort=age&limit=3");
        Assert.Equal(3, ended.GetProperty("sessions").GetArrayLength());
        var nodes = await GetAsync(lab, "/api/nodes");
        Assert.Equal(["copier", "interceptor"], nodes.EnumerateArray().Select(node => node.GetProperty("role").GetString()).Order());

        var status = (await lab.Online.RunAsync(NodeProcess.Executable, "status", "--json")).Checked().Output;
        using var copier = JsonDocument.Parse(status);
        Assert.Equal("copier", copier.RootElement.GetProperty("role").GetString());
        var requests = copier.RootElement.GetProperty("copier").GetProperty("requests");
        Assert.Equal(
            requests.GetProperty("seen").GetInt64(),
            requests.GetProperty("acknowledged").GetInt64() + requests.GetProperty("lost").GetInt64() + requests.GetProperty("inFlight").GetInt64());
        var top = (await lab.Online.RunAsync(NodeProcess.Executable, "top", "--frames", "2", "--interval", "0.5")).Checked().Output;
        Assert.Contains("busiest sessions", top, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(top);
    }

    private static async Task<Scrape> ScrapeAsync(LabNetwork lab, int times, Scrape? before)
    {
        for (var scrape = 0; scrape < times || before is null; scrape++)
        {
            var now = await Scrape.OfAsync(lab.Online);
            now.AssertReconciles();
            if (before is not null)
                now.AssertNotBefore(before);
            before = now;
        }
        return before;
    }

    private static async Task<JsonElement> GetAsync(LabNetwork lab, string path)
    {
        using var answer = JsonDocument.Parse((await lab.Online.RunAsync("curl", "-sf", $"http://127.0.0.1:9636{path}")).Checked().Output);
        return answer.RootElement.Clone();
    }

    private static Task WaitForHealthAsync(LabNetwork lab, string code) => Wait.UntilAsync(
        async () => (await lab.Online.RunAsync("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:9636/health/ready")).Output == code,
        Bound,
        () => $"{code} of /health/ready");
}
