using System.Security.Cryptography;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Large bodies in either direction, and protocols other than HTTP: the target's server gets the very bytes of the online one.</summary>
public sealed class TransferTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(24_000, "Expect:")]
    [InlineData(1_000_000, "Expect: 100-continue")]
    [InlineData(10_000_000, "Expect:")]
    public async Task An_upload_arrives_byte_for_byte(int bytes, string expectation)
    {
        using var scratch = new ScratchDirectory();
        var body = new byte[bytes];
        new Random(bytes).NextBytes(body);
        await File.WriteAllBytesAsync(scratch.At("body"), body, TestContext.Current.CancellationToken);
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        (await lab.Client.RunAsync(
            "curl", "-sf", "-H", expectation, "--data-binary", "@" + scratch.At("body"), lab.Online.Url(Port, "/sink"))).Checked();
        await target.WaitForRecordsAsync(1, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        var expected = new TrafficRecord("/sink", bytes, Convert.ToHexString(SHA256.HashData(body)), IsWhole: true);
        Assert.Equal(expected, Assert.Single(online.Records));
        Assert.Equal(expected, Assert.Single(target.Records));
        figures.AssertNothingLost(requests: expectation == "Expect:" ? 1 : 2);
        // The devices join segments (TSO, GRO): hardly any comes alone.
        var packets = figures.Number("capture", "received");
        Assert.True(bytes < 1_000_000 || packets < bytes / 1_448 / 4, $"{packets} packets for {bytes} bytes: no super-segments");
    }

    [Fact]
    public async Task A_download_is_sent_whole_by_the_target()
    {
        const int Bytes = 20_000_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port, Bytes);
        await using var target = await NginxServer.StartAsync(lab.Target, Port, Bytes);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        (await lab.Client.RunAsync("curl", "-sf", "-o", "/dev/null", lab.Online.Url(Port, $"/download/{Bytes}"))).Checked();
        await target.WaitForAccessesAsync(1, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        var access = Assert.Single(target.Accesses()) with { Connection = 0 };
        Assert.Equal(new NginxServer.Access("GET", $"/download/{Bytes}", 200, Bytes, lab.Client.Address, IsComplete: true), access);
        figures.AssertNothingLost(requests: 1);
    }

    [Fact]
    public async Task Twenty_conversations_with_an_echo_server_arrive_byte_for_byte()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "echo", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "echo", Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        var sent = await TrafficServer.TalkAsync(lab.Client, lab.Online, Port, new TalkPlan(Clients: 20, Messages: 200, Bytes: 12_000));
        await target.WaitForRecordsAsync(20, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(TrafficRecord.Contents(sent), TrafficRecord.Contents(online.Records));
        Assert.Equal(TrafficRecord.Contents(sent), TrafficRecord.Contents(target.Records));
        // A client that gets the beginning of its echo while it is still sending begins another request there, as far as anybody can see.
        var requests = figures.Number("requests", "captured");
        Assert.InRange(requests, 4000, 4100);
        figures.AssertNothingLost(requests);
    }

    [Fact]
    public async Task A_server_that_speaks_first_is_waited_for()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "greet", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "greet", Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        var sent = await TrafficServer.TalkAsync(lab.Client, lab.Online, Port, new TalkPlan(Clients: 5, Messages: 10, Bytes: 4000, IsGreeted: true));
        await target.WaitForRecordsAsync(5, Bound);
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(TrafficRecord.Contents(sent), TrafficRecord.Contents(target.Records));
        Assert.All(target.Records, record => Assert.Equal("connection", record.What));
        figures.AssertNothingLost(requests: 50);
    }

    [Fact]
    public async Task Mail_is_sent_behind_the_targets_greeting_and_answers()
    {
        const int Mails = 20;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await MailServer.StartAsync(lab.Online, Port);
        await using var target = await MailServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        using var scratch = new ScratchDirectory();

        for (var number = 0; number < Mails; number++)
        {
            var text = string.Concat(Enumerable.Range(0, 20 * number * number).Select(line => $"{number}: line {line}\r\n"));
            var file = scratch.Write("mail", $"Subject: {number}\r\n\r\n{text}end\r\n");
            string[] envelope = ["--mail-from", "client@lab.test", "--mail-rcpt", "user@lab.test"];
            (await lab.Client.RunAsync("curl", ["-sS", $"smtp://{lab.Online.Address}:{Port}/client", .. envelope, "-T", file])).Checked();
        }
        await Wait.UntilAsync(() => target.Bodies().Count >= Mails, Bound, () => $"{Mails} mails at the target; there are {target.Bodies().Count}");
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(Mails, online.Bodies().Count);
        Assert.Equal(online.Bodies().Order(StringComparer.Ordinal), target.Bodies().Order(StringComparer.Ordinal));
        figures.AssertNothingLost(figures.Number("requests", "captured"));
        Assert.Equal(Mails, figures.Ended("replayed"));
    }

    [Fact]
    public async Task What_the_capture_cut_off_is_counted_and_never_sent()
    {
        const string Small = "/page?small";
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.capture.snap-length = 256 B", lab.Online);

        string[] large = ["-sf", "-o", "/dev/null", "-H", $"X-Padding: {new string('x', 2_000)}", lab.Online.Url(Port, "/page?large")];
        (await lab.Client.RunAsync("curl", large)).Checked();
        (await lab.Client.RunAsync("curl", "-sf", "-o", "/dev/null", lab.Online.Url(Port, Small))).Checked();
        await target.WaitForAccessesAsync(1, Bound);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(Small, Assert.Single(target.Accesses()).Path);
        Assert.Equal(1, figures.Number("capture", "truncated"));
        Assert.Equal((1, 1), (figures.Ended("capture-gap"), figures.Ended("replayed")));
        Assert.Equal(1, figures.Number("requests", "lost"));
        Assert.InRange(figures.Number("bytes", "lost"), 2_000, 3_000);
        figures.AssertSumsReconcile();
    }
}
