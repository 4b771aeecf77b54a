using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>What the online host ends by a reset: its clients have nothing more to say, and do not say so.</summary>
public sealed class OnlineResetTests
{
    private const int Port = 8080;

    /// <summary>Of curl.</summary>
    private const int CouldNotConnect = 7;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Connections_that_the_online_host_refuses_do_not_stay_open_at_the_target()
    {
        const int Refused = 20;
        await using var lab = await LabNetwork.StartAsync();
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        for (var number = 0; number < Refused; number++)
            Assert.Equal(CouldNotConnect, (await lab.Client.RunAsync("curl", "-s", $"http://{lab.Online.Address}:{Port}/")).ExitCode);
        var figures = Assert.Single(await copying.FinishAsync(Bound));

        Assert.Equal(Refused, figures.Ended("replayed"));
        figures.AssertSumsReconcile();
    }
}
