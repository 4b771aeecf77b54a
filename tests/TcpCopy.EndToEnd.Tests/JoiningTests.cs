using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Connections that get a replica, or another one, in mid-stream.</summary>
public sealed class JoiningTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Forty_connections_that_were_open_before_the_copier_go_on_at_a_request_each()
    {
        const int Connections = 40;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var load = TrafficServer.Ask(lab.Client, lab.Online, Port, Connections, rate: 20, requests: 2_000);
        await online.WaitForAccessesAsync(10 * Connections, Bound);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        var before = online.Accesses().Count;
        await online.WaitForAccessesAsync(before + 100 * Connections, Bound);
        await load.StopAsync(Bound);
        var all = online.Accesses().Count;
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        var accesses = target.Accesses();
        Assert.All(accesses, access => Assert.True(access is { Status: 200, IsComplete: true }, $"no whole request: {access}"));
        Assert.Equal(Connections, accesses.Select(access => access.Connection).Distinct().Count());
        figures.AssertSumsReconcile();
        Assert.Equal(Connections, figures.Ended("replayed"));
        Assert.Equal(Connections, figures.Number("sessions", "joined"));
        // The first request seen of a connection may be the rest of one: it is not sent.
        Assert.Equal(Connections, figures.Number("requests", "lost"));
        Assert.Equal(accesses.Count, figures.Number("requests", "acknowledged"));
        Assert.InRange(accesses.Count, all - before - Connections, all);
    }

    [Fact]
    public async Task With_full_sessions_only_such_connections_are_counted_and_left_alone()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var load = lab.Client.Start("hey", "-z", "60s", "-c", "3", "-q", "20", lab.Online.Url(Port, "/page?old"));
        await online.WaitForAccessesAsync(20, Bound);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.session.full-sessions-only = on", lab.Online);
        await online.WaitForAccessesAsync(online.Accesses().Count + 50, Bound);

        (await lab.Client.RunAsync("curl", "-sf", lab.Online.Url(Port, "/page?new"))).Checked();
        await target.WaitForAccessesAsync(1, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal("/page?new", Assert.Single(target.Accesses()).Path);
        figures.AssertSumsReconcile();
        Assert.Equal(3, figures.Ended("mid-stream-refused"));
        Assert.Equal(1, figures.Ended("replayed"));
    }

    [Fact]
    public async Task A_target_that_closes_every_connection_after_seven_requests_gets_all_of_them()
    {
        const int Requests = 2_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartClosingAsync(lab.Target, Port, requestsPerConnection: 7);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", "10", "-q", "40", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(Requests, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(Requests, target.Accesses().Count(access => access is { Status: 200, IsComplete: true }));
        figures.AssertNothingLost(Requests);
        Assert.Equal(figures.Number("sessions", "seen"), figures.Ended("replayed"));
        // hey opens a connection more now and then, and may not use it.
        var connections = online.Accesses().Select(access => access.Connection).Distinct().Count();
        var replicas = target.Accesses().GroupBy(access => access.Connection).Select(requests => requests.Count()).ToList();
        Assert.InRange(replicas.Count, Requests / 7, Requests);
        Assert.All(replicas, requests => Assert.InRange(requests, 1, 7));
        Assert.Equal(replicas.Count - connections, figures.Number("sessions", "reopened"));
    }

    [Fact]
    public async Task A_packet_that_the_capture_missed_costs_its_own_session_a_gap_and_no_other_anything()
    {
        const int Connections = 20;
        const int Requests = 6_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        // The capture does not see a packet of a client's that carries data and this identification: about one in a thousand, none of them again.
        const string Misses = "not (tcp[tcpflags] & tcp-push != 0 and ip[4:2] & 0x3ff = 7)";
        await using var copying = await Copying.StartAsync(lab, Port, $"tcpcopy.capture.extra-filter = \"{Misses}\"", lab.Online);

        (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", $"{Connections}", "-q", "20", lab.Online.Url(Port))).Checked();
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        figures.AssertSumsReconcile();
        var gaps = figures.Ended("capture-gap");
        Assert.InRange(gaps, 1, Connections);
        // hey opens a connection more now and then.
        var seen = figures.Number("sessions", "seen");
        Assert.InRange(seen, Connections, 2 * Connections);
        Assert.Equal(seen - gaps, figures.Ended("replayed"));
        // Lost are the request that was missed and the one behind it, of which nobody can know that it begins there: counted as one at least.
        var (lost, arrived) = (figures.Number("requests", "lost"), figures.Number("requests", "acknowledged"));
        Assert.InRange(lost, gaps, 3 * gaps);
        Assert.InRange(Requests - arrived, lost, 2 * lost);
        Assert.All(target.Accesses(), access => Assert.True(access is { Status: 200, IsComplete: true }, $"no whole request: {access}"));
        Assert.Equal(arrived, target.Accesses().Count);
    }
}
