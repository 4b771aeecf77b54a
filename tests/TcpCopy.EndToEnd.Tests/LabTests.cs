using System.Globalization;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The tools of the other tests, on real namespaces: what they report is what is there.</summary>
public sealed class LabTests
{
    [Fact]
    public async Task Nginx_answers_and_logs_what_it_answered()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var server = await NginxServer.StartAsync(lab.Online, 8080, 300_000);
        (await lab.Client.RunAsync("curl", "-sf", lab.Online.Url(8080))).Checked();
        (await lab.Client.RunAsync("curl", "-sf", "-o", "/dev/null", lab.Online.Url(8080, "/download/300000"))).Checked();
        await server.WaitForAccessesAsync(2, TimeSpan.FromSeconds(5));
        Assert.Equal(
            [
                new NginxServer.Access("GET", "/page", 200, NginxServer.PageBytes, lab.Client.Address, true),
                new NginxServer.Access("GET", "/download/300000", 200, 300_000, lab.Client.Address, true),
            ],
            server.Accesses().Select(access => access with { Connection = 0 }));
    }

    [Fact]
    public async Task A_watch_sees_packets_and_only_those_it_was_asked_for()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var server = await NginxServer.StartAsync(lab.Target, 8080);
        await using var seen = await PacketWatch.StartAsync(lab.Client, "src host 10.77.0.3 and tcp");
        await using var unseen = await PacketWatch.StartAsync(lab.Client, "src host 10.77.0.2 and tcp");
        (await lab.Client.RunAsync("curl", "-sf", lab.Target.Url(8080))).Checked();
        await seen.WaitForPacketAsync("10.77.0.3.8080 >");
        Assert.Empty(await unseen.PacketsUntilNowAsync());
    }

    [Fact]
    public async Task A_watch_that_has_ended_does_not_say_that_nothing_came()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var watch = await PacketWatch.StartAsync(lab.Client, "tcp");
        Assert.Empty(await watch.PacketsUntilNowAsync());
        var processes = (await RunningProcess.RunAsync(null, TimeSpan.FromSeconds(10), "ip", "netns", "pids", lab.Client.NetworkNamespace)).Checked();
        RunningProcess.Signal(int.Parse(processes.Output, CultureInfo.InvariantCulture), RunningProcess.SigKill);
        await Assert.ThrowsAsync<InvalidOperationException>(watch.PacketsUntilNowAsync);
    }

    [Fact]
    public async Task A_server_that_ends_by_itself_is_disposed_of_like_any_other()
    {
        await using var lab = await LabNetwork.StartAsync();
        var server = await NginxServer.StartAsync(lab.Online, 8080);
        RunningProcess.Signal(server.ProcessId, RunningProcess.SigTerm);
        await Wait.UntilAsync(() => ThreadFiles.Read(server.ProcessId, "comm").Count == 0, TimeSpan.FromSeconds(10), () => "the end of nginx");
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Echo_server_and_clients_agree_on_the_bytes()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var server = await TrafficServer.StartAsync(lab.Online, "echo", 7000);
        var sent = await TrafficServer.TalkAsync(lab.Client, lab.Online, 7000, new TalkPlan(3, 5, 8000));
        await server.WaitForRecordsAsync(3, TimeSpan.FromSeconds(5));
        Assert.Equal(sent.Select(record => record.Sha256).Order(), server.Records.Select(record => record.Sha256).Order());
        Assert.Equal(3, sent.Select(record => record.Sha256).Distinct().Count());
    }

    [Fact]
    public async Task A_greeting_server_tells_the_hasty_from_the_patient()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var server = await TrafficServer.StartAsync(lab.Online, "greet", 7000);
        await TrafficServer.TalkAsync(lab.Client, lab.Online, 7000, new TalkPlan(1, 1, 100, IsGreeted: true));
        await server.WaitForRecordsAsync(1, TimeSpan.FromSeconds(5));
        // Its own greeting reads as a wrong echo: the hasty client fails, and the server says why.
        var hasty = await lab.Client.RunAsync(TrafficServer.Program, "talk", lab.Online.Address, "7000", "1", "1", "100");
        await server.WaitForRecordsAsync(2, TimeSpan.FromSeconds(5));
        Assert.Equal(1, hasty.ExitCode);
        Assert.Equal(["connection", "hasty"], server.Records.Select(record => record.What));
    }

    [Fact]
    public async Task A_state_of_the_network_shows_what_was_changed()
    {
        await using var lab = await LabNetwork.StartAsync();
        var before = await lab.Target.NetworkStateAsync();
        Assert.Equal(before, await lab.Target.NetworkStateAsync());
        string[][] changes =
        [
            ["nft", "add", "table", "inet", "left"],
            ["ip", "rule", "add", "fwmark", "7", "lookup", "790"],
            ["ip", "route", "add", "10.99.0.0/16", "dev", "eth0", "table", "790"],
            ["ip", "link", "add", "left0", "type", "ifb"],
        ];
        foreach (var change in changes)
        {
            (await lab.Target.RunAsync(change[0], change[1..])).Checked();
            var after = await lab.Target.NetworkStateAsync();
            Assert.NotEqual(before, after);
            before = after;
        }
    }

    [Fact]
    public async Task A_process_is_known_by_what_it_prints_and_how_it_ends()
    {
        await using var process = RunningProcess.Start(null, "sh", ["-c", "echo one; echo two >&2; exec sleep 1000"]);
        // Two pipes, read each by itself: what was printed last may be here first.
        foreach (var line in new[] { "one", "two" })
            await process.WaitForLineAsync(line, TimeSpan.FromSeconds(10));
        Assert.Equal(("one", "two"), (process.Output, process.Errors));
        Assert.True(process.PeakMemoryBytes() is > 10_000 and < 100_000_000);
        process.Signal(RunningProcess.SigTerm);
        Assert.Equal(128 + RunningProcess.SigTerm, (await process.EndAsync(TimeSpan.FromSeconds(10))).ExitCode);
        await Assert.ThrowsAsync<TimeoutException>(() => process.WaitForLineAsync("three", TimeSpan.FromSeconds(10)));
    }
}
