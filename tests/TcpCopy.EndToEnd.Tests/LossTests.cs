using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>A network that loses packets between copier and target, in one direction and in the other: nothing of a session is lost.</summary>
public sealed class LossTests
{
    private const int Port = 8080;

    /// <summary>Long for 50 MB that lose one packet in twenty: a sender must slow down then.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(LossyPackets.Requests, 1)]
    [InlineData(LossyPackets.Requests, 5)]
    [InlineData(LossyPackets.Replies, 1)]
    [InlineData(LossyPackets.Replies, 5)]
    public async Task Five_hundred_messages_over_a_hundred_connections_arrive(LossyPackets packets, int percent)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "echo", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "echo", Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        var loss = await PacketLoss.StartAsync(lab.Target, packets, percent);

        var sent = await TrafficServer.TalkAsync(lab.Client, lab.Online, Port, new TalkPlan(Clients: 100, Messages: 5, Bytes: 26_000));
        await target.WaitForRecordsAsync(100, Bound);
        var lost = await loss.CountAsync();
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(TrafficRecord.Contents(sent), TrafficRecord.Contents(target.Records));
        // An echo that begins while its message is still being sent makes two requests of it.
        figures.AssertNothingLost(figures.Number("requests", "captured"));
        Assert.Equal(100, figures.Ended("replayed"));
        Assert.True(lost >= 5, $"only {lost} packets were lost: no test");
    }

    [Fact]
    public async Task Clients_that_lose_packets_before_the_capture_and_behind_it_are_copied_as_the_online_server_heard_them()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "echo", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "echo", Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        // What is lost on its way out was never captured; on its way in it was, and comes again.
        await LoseRequestsAsync(lab.Client, "output");
        await LoseRequestsAsync(lab.Online, "prerouting");

        var sent = await TrafficServer.TalkAsync(lab.Client, lab.Online, Port, new TalkPlan(Clients: 100, Messages: 5, Bytes: 26_000));
        await target.WaitForRecordsAsync(100, Bound);
        var repeated = (await lab.Client.RunAsync("nstat", "-asz", "TcpRetransSegs")).Checked().Output;
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(TrafficRecord.Contents(sent), TrafficRecord.Contents(online.Records));
        Assert.Equal(TrafficRecord.Contents(sent), TrafficRecord.Contents(target.Records));
        figures.AssertNothingLost(figures.Number("requests", "captured"));
        Assert.Equal(100, figures.Ended("replayed"));
        Assert.True(!repeated.Contains(" 0 ", StringComparison.Ordinal), $"no client repeated anything: {repeated}");
    }

    [Fact]
    public async Task Clients_that_shut_their_window_probe_reset_and_use_their_port_again_are_copied_as_the_online_server_heard_them()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "echo", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "echo", Port);
        await using var finsWithData = await PacketWatch.StartAsync(lab.Online, $"tcp dst port {Port} and tcp[13] & 1 != 0 and greater 200");
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        await LoseRequestsAsync(lab.Client, "output");
        await LoseRequestsAsync(lab.Online, "prerouting");

        var sent = await TrafficServer.BeAwkwardAsync(lab.Client, lab.Online, Port);
        await target.WaitForRecordsAsync(sent.Count, Bound);
        string[] habits = ["TcpRetransSegs", "TcpExtTCPKeepAlive", "TcpExtTCPToZeroWindowAdv", "TcpOutRsts"];
        var counters = (await lab.Client.RunAsync("nstat", ["-asz", .. habits])).Checked().Output;
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(TrafficRecord.Contents(online.Records), TrafficRecord.Contents(target.Records));
        Assert.Equal(Bytes(sent), Bytes(target.Records));
        figures.AssertNothingLost(figures.Number("requests", "captured"));
        Assert.Equal(sent.Count, figures.Ended("replayed"));
        Assert.True(!counters.Contains(" 0 ", StringComparison.Ordinal), $"a habit that no client had: {counters}");
        Assert.NotEmpty(finsWithData.Packets);

        static IEnumerable<string> Bytes(IEnumerable<TrafficRecord> records) => records.Select(record => $"{record.Bytes} {record.Sha256}").Order();
    }

    [Theory]
    [InlineData(LossyPackets.Requests, 1)]
    [InlineData(LossyPackets.Requests, 5)]
    [InlineData(LossyPackets.Replies, 1)]
    [InlineData(LossyPackets.Replies, 5)]
    public async Task An_upload_of_fifty_megabytes_arrives_byte_for_byte(LossyPackets packets, int percent)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", Port);
        // As fast as the lab is: what the capture may lose meanwhile is not what this is about.
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.capture.buffer = 256 MiB", lab.Online);
        var loss = await PacketLoss.StartAsync(lab.Target, packets, percent);

        var sent = await Upload.SendAsync(lab, Port, 50_000_000);
        await target.WaitForRecordsAsync(1, Bound);
        var lost = await loss.CountAsync();
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(sent, Assert.Single(target.Records));
        figures.AssertNothingLost(requests: 1);
        Assert.True(lost >= 3, $"only {lost} packets were lost: no test");
    }

    [Fact]
    public async Task Connections_that_lose_a_tenth_of_SYNs_and_SYN_ACKs_are_established()
    {
        const int Requests = 300;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        var loss = await PacketLoss.StartAsync(lab.Target, LossyPackets.Handshakes, percent: 10);

        (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", "30", "-disable-keepalive", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(Requests, Bound);
        var lost = await loss.CountAsync();
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(Requests, target.Accesses().Count(access => access.IsComplete));
        figures.AssertNothingLost(Requests);
        Assert.Equal(Requests, figures.Ended("replayed"));
        Assert.True(lost >= 10, $"only {lost} packets were lost: no test");
    }

    /// <summary>Three of a hundred packets with data to the copied port.</summary>
    private static Task LoseRequestsAsync(LabHost host, string hook) => host.ApplyRulesAsync($$"""
        table ip loss {
          chain requests {
            type filter hook {{hook}} priority -400; policy accept;
            tcp dport {{Port}} meta length > 200 numgen random mod 100 < 3 counter drop
          }
        }
        """);
}
