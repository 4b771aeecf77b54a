using System.Globalization;
using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>More than a part of the machine takes: at full load nothing is lost, and who may not take so much takes less and says so.</summary>
[Collection<WholeMachine>]
public sealed class LoadTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Fifty_thousand_requests_as_fast_as_fifty_clients_may_lose_nothing_in_bounded_memory()
    {
        const int Requests = 50_000;
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        var load = (await lab.Client.RunAsync("hey", "-n", $"{Requests}", "-c", "50", "-q", "100", lab.Online.Url(Port))).Checked();
        TestContext.Current.TestOutputHelper?.WriteLine(load.Output);
        await target.WaitForAccessesAsync(Requests, Bound);
        var memory = copying.Copier.PeakMemoryBytes();
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(Requests, online.Accesses().Count);
        Assert.Equal(Requests, target.Accesses().Count(access => access.IsComplete));
        figures.AssertNothingLost(Requests);
        Assert.True(memory < 250_000_000, $"the copier had {memory / 1_000_000} MB resident");
    }

    [Fact]
    public async Task A_copier_that_takes_more_of_the_machine_than_it_may_copies_fewer_sessions_and_says_so()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, "tcpcopy.copier.max-cpu = 1 %", lab.Online);

        var load = lab.Client.RunAsync("hey", "-n", "40000", "-c", "50", "-q", "100", lab.Online.Url(Port));
        await copying.Copier.WaitForLineAsync("may take 1 % (max-cpu)", Bound);
        (await load).Checked();
        var figures = Assert.Single(await copying.StopAsync());

        figures.AssertSumsReconcile();
        // hey opens a connection more now and then.
        Assert.InRange(figures.Ended("sampled-out"), 1, figures.Number("sessions", "seen"));
        Assert.InRange(target.Accesses().Count, figures.Number("requests", "acknowledged"), online.Accesses().Count - 1);
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{target.Accesses().Count} of {online.Accesses().Count} requests copied"));
    }
}
