using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>A part of the sessions is copied, whole ones, and the sessions are divided among several loops.</summary>
public sealed class ShareTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task One_session_in_five_is_copied_whole_and_the_others_are_counted()
    {
        const int Requests = 5;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartClosingAsync(lab.Online, Port, Requests);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.copier.sample = 20 %", lab.Online);

        (await lab.Client.RunAsync("hey", "-n", "2000", "-c", "20", "-q", "50", lab.Online.Url(Port))).Checked();
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        var seen = figures.Number("sessions", "seen");
        var copied = seen - figures.Ended("sampled-out");
        // A fair draw of a fifth of some 400, five standard deviations either way.
        Assert.InRange(copied, seen / 5 - 40, seen / 5 + 40);
        figures.AssertNothingLost(requests: target.Accesses().Count);
        var (there, here) = (ByConnection(target), ByConnection(online));
        // The client opens some connections that it never uses.
        Assert.InRange(there.Count, copied * 9 / 10, copied);
        Assert.InRange(there.Count(requests => requests != Requests), 0, here.Count(requests => requests != Requests));

        static List<int> ByConnection(NginxServer server) => [.. server.Accesses().GroupBy(access => access.Connection).Select(group => group.Count())];
    }

    [Fact]
    public async Task Three_loops_lose_nothing_of_what_they_divide()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.copier.shards = 3", lab.Online);
        Assert.Equal(3, ThreadFiles.Read(copying.Copier.Id, "comm").Count(name => name.StartsWith("tcpcopy.", StringComparison.Ordinal)));

        (await lab.Client.RunAsync("hey", "-n", "5000", "-c", "20", "-q", "50", lab.Online.Url(Port))).Checked();
        (await lab.Client.RunAsync("hey", "-n", "5000", "-c", "20", "-q", "50", "-disable-keepalive", lab.Online.Url(Port))).Checked();
        await target.WaitForAccessesAsync(10_000, Bound);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(10_000, target.Accesses().Count(access => access.IsComplete));
        figures.AssertNothingLost(requests: 10_000);
    }
}
