using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Targets, and ways to them, that are worse than the online ones: small packets, a server that stalls or hangs up, a kernel that refuses.</summary>
public sealed class RoughTargetTests
{
    private const int Port = 8080;

    private static readonly string[] RefusedInTurn = ["EMSGSIZE", "EPERM", "ENOBUFS", "EINVAL"];

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("target", 1500)]
    [InlineData("online", 1500)]
    [InlineData("target", 9000)]
    public async Task Ten_megabytes_arrive_where_the_way_to_the_target_takes_1400_bytes_a_packet(string narrow, int onlineMtu)
    {
        await using var lab = await LabNetwork.StartAsync();
        await lab.SetMtuAsync(lab.Client, onlineMtu);
        await lab.SetMtuAsync(lab.Online, onlineMtu);
        if (narrow == "target")
            (await lab.Target.RunAsync("ip", "link", "set", "eth0", "mtu", "1400")).Checked();
        else
            (await lab.Online.RunAsync("ip", "route", "add", lab.Target.Address, "dev", "eth0", "mtu", "1400")).Checked();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", Port);
        await using var watch = await PacketWatch.StartAsync(lab.Target, "ip[1] & 0xfc == 0xa8 and greater 1415");
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        var sent = await Upload.SendAsync(lab, Port, 10_000_000);
        await target.WaitForRecordsAsync(1, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(sent, Assert.Single(online.Records));
        Assert.Equal(sent, Assert.Single(target.Records));
        figures.AssertNothingLost(requests: 1);
        // 1400 bytes of IP and 14 of Ethernet.
        Assert.Empty(await watch.PacketsUntilNowAsync());
    }

    [Fact]
    public async Task A_server_that_stops_reading_is_waited_for_with_its_window_shut()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        target.Pause();
        var sent = await Upload.SendAsync(lab, Port, 30_000_000);
        await Wait.UntilAsync(IsShutAsync, Bound, () => "a window of the target's that is shut, and probed");
        target.Resume();
        await target.WaitForRecordsAsync(1, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(sent, Assert.Single(target.Records));
        figures.AssertNothingLost(requests: 1);

        // The kernel counts the windows that it announced as shut.
        async Task<bool> IsShutAsync() =>
            !(await lab.Target.RunAsync("nstat", "-asz", "TcpExtTCPToZeroWindowAdv")).Checked().Output.Contains(" 0 ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_hangs_costs_sessions_and_no_memory_and_is_copied_to_again_when_it_is_back()
    {
        const int Requests = 4_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.copier.max-memory = 1 MiB", lab.Online);
        var url = lab.Online.Url(Port);

        target.Pause();
        var served = (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", "20", "-q", "25", "-disable-keepalive", url)).Checked();
        await copying.Copier.WaitForLineAsync("sessions that begin now are shed", Bound);
        target.Resume();
        await Wait.UntilAsync(IsCopiedToAgainAsync, Bound, () => "a request at the server that is back");
        // Replicas that closed first rest for a while, and a hundred more at once would find the memory at its edge.
        await Wait.UntilAsync(async () => (await Scrape.OfAsync(lab.Online))["tcpcopy_sessions_live"] == 0, Bound, () => "the end of the old sessions");
        (await lab.Client.RunAsync("hey", "-n", "100", "-c", "10", "-q", "10", "-disable-keepalive", url + "?after")).Checked();
        await Wait.UntilAsync(() => target.Accesses().Count(access => access.Path == "/page?after") == 100, Bound, () => "100 requests after it");
        var memory = copying.Copier.PeakMemoryBytes();
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Contains($"[200]\t{Requests} responses", served.Output, StringComparison.Ordinal);
        Assert.True(memory < 250_000_000, $"the copier had {memory / 1_000_000} MB resident");
        // At 4 KiB each, some 190 have room in three quarters of a mebibyte.
        Assert.InRange(figures.Ended("shed"), Requests - 400, Requests);
        figures.AssertSumsReconcile();

        // What the copier says will not do: at the edge of its memory it said so before.
        async Task<bool> IsCopiedToAgainAsync()
        {
            (await lab.Client.RunAsync("curl", "-sf", url + "?again")).Checked();
            return target.Accesses().Count(access => access.Path == "/page?again") >= 5;
        }
    }

    [Fact]
    public async Task Persistent_connections_that_a_hanging_server_cost_are_copied_again_when_it_is_back()
    {
        const int Connections = 20;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.copier.max-memory = 1 MiB", lab.Online);
        await using var load = TrafficServer.Ask(lab.Client, lab.Online, Port, Connections, rate: 50, requests: 100_000);

        await target.WaitForAccessesAsync(1_000, Bound);
        target.Pause();
        await Wait.UntilAsync(async () => ShedIn(await Scrape.OfAsync(lab.Online)) > 0, Bound, () => "sessions that are shed");
        target.Resume();
        await Wait.UntilAsync(AreAllCopiedAsync, Bound, () => "every connection copied again, and up to date");
        await load.StopAsync(Bound);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        // One that begins again while the memory is still short may be shed once more, before it has another replica.
        var shed = figures.Ended("shed");
        Assert.InRange(shed, 1, 2 * Connections);
        Assert.InRange(figures.Number("sessions", "joined"), 1, shed);
        // Each that was shed is another session more, and of each connection the last one was copied to its end.
        Assert.Equal((Connections + shed, Connections), (figures.Number("sessions", "seen"), figures.Ended("replayed")));
        figures.AssertSumsReconcile();

        async Task<bool> AreAllCopiedAsync()
        {
            var scrape = await Scrape.OfAsync(lab.Online);
            return scrape["tcpcopy_sessions_live"] == Connections
                && scrape["tcpcopy_requests_in_flight", "state=\"unacknowledged\""] <= Connections;
        }

        static double ShedIn(Scrape scrape) => scrape["tcpcopy_sessions_ended_total", "outcome=\"shed\""];
    }

    [Fact]
    public async Task A_target_too_slow_for_a_fast_client_costs_that_session_alone_and_is_said_to_have_done_so()
    {
        const int Bytes = 30_000_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.session.max-buffered = 8 MiB", lab.Online);

        target.Pause();
        await Upload.SendAsync(lab, Port, Bytes);
        target.Resume();
        var sent = await Upload.SendAsync(lab, Port, 1_000_000);
        await target.WaitForRecordsAsync(1, Bound);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(sent, Assert.Single(target.Records));
        figures.AssertSumsReconcile();
        Assert.Equal((1, 1), (figures.Ended("shed"), figures.Ended("replayed")));
        Assert.Equal(1, figures.Number("requests", "lost"));
        Assert.InRange(figures.Number("bytes", "lost"), Bytes / 2, Bytes + 1_000);
    }

    [Fact]
    public async Task A_server_that_hangs_up_in_the_middle_of_a_request_is_said_to_have_done_so()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        // Takes a thousand bytes of each connection and closes with the rest unread.
        await using var target = lab.Target.Start("socat", "-u", $"TCP-LISTEN:{Port},reuseaddr,fork", "EXEC:head -c 1000");
        await lab.Target.WaitForListenerAsync(Port, Bound);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        await Upload.SendAsync(lab, Port, 20_000_000);
        var figures = Assert.Single(await copying.StopAsync());

        figures.AssertSumsReconcile();
        Assert.Equal(1, figures.Number("sessions", "seen"));
        Assert.Equal(1, figures.Ended("target-reset") + figures.Ended("target-closed-early"));
        Assert.Equal(1, figures.Number("requests", "lost"));
    }

    [Fact]
    public async Task Packets_that_the_kernel_refuses_are_counted_by_errno_and_sent_again()
    {
        const int Requests = 500;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        // What is dropped on its way out is refused with EPERM; in mid-batch a packet gets a second try at once. Not so many that a SYN is refused seven times.
        await lab.Online.ApplyRulesAsync("""
            table ip refuse {
              chain out {
                type filter hook output priority 0; policy accept;
                ip dscp 0x2a numgen random mod 100 < 15 counter drop
              }
            }
            """);

        (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", "10", "-disable-keepalive", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(Requests, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        figures.AssertNothingLost(Requests);
        Assert.True(figures.SendFailures("EPERM") >= 10, "a kernel that refused hardly a packet: no test");
    }

    [Fact]
    public async Task One_packet_in_a_hundred_refused_with_one_errno_after_another_loses_nothing()
    {
        const int Requests = 1_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.send.refuse-one-in = 100", lab.Online);

        (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", "10", "-disable-keepalive", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(Requests, Bound);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        figures.AssertNothingLost(Requests);
        Assert.Equal(Requests, figures.Ended("replayed"));
        Assert.All(RefusedInTurn, errno => Assert.True(figures.SendFailures(errno) > 0, $"no {errno}"));
    }

    [Fact]
    public async Task Replicas_that_go_past_IP_find_the_target_again_when_its_hardware_address_has_changed()
    {
        const int Requests = 2_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.send.layer = link", lab.Online);

        var loading = lab.Client.RunAsync(
            "hey", "-n", $"{Requests}", "-c", "10", "-q", "20", "-disable-keepalive", lab.Online.Url(Port));
        await target.WaitForAccessesAsync(Requests / 4, Bound);
        (await lab.Target.RunAsync("ip", "link", "set", "eth0", "address", "02:00:00:00:00:99")).Checked();
        (await lab.Online.RunAsync("ip", "neighbour", "flush", "dev", "eth0")).Checked();
        (await loading).Checked();
        await target.WaitForAccessesAsync(Requests, Bound);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        figures.AssertNothingLost(Requests);
        Assert.Equal(Requests, figures.Ended("replayed"));
        Assert.InRange(figures.Number("send", "pastIp"), figures.Number("send", "packets") / 2, figures.Number("send", "packets") - 1);
    }
}
