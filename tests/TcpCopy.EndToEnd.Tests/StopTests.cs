using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Nodes end when they are told to, in the middle of traffic too, and nothing of theirs stays behind.</summary>
public sealed class StopTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(RunningProcess.SigInt)]
    [InlineData(RunningProcess.SigTerm)]
    public async Task A_stop_in_mid_traffic_closes_replicas_and_takes_rules_away(int signal)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var states = (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync());
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        await using var load = lab.Client.Start("hey", "-z", "60s", "-c", "10", "-q", "20", lab.Online.Url(Port));
        await target.WaitForAccessesAsync(200, Bound);
        Assert.NotEqual(0, await ReplicaCountAsync(lab));

        var figures = Assert.Single(await copying.StopAsync(signal));

        Assert.False(load.HasExited);
        await Wait.UntilAsync(async () => await ReplicaCountAsync(lab) == 0, Bound, () => "all replicas closed at the target");
        Assert.Equal(states, (await lab.Target.NetworkStateAsync(), await lab.Online.NetworkStateAsync()));
        figures.AssertSumsReconcile();
    }

    [Fact]
    public async Task What_a_killed_interceptor_left_is_replaced_by_the_next()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var before = await lab.Target.NetworkStateAsync();
        await using (var killed = await NodeProcess.StartInterceptorAsync(lab.Target, "-p", $"{Port}"))
        {
            await killed.Process.KillAsync();
        }
        Assert.NotEqual(before, await lab.Target.NetworkStateAsync());

        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        await Copying.AskAsync(lab, target, Port, requests: 100);
        var figures = Assert.Single(await copying.StopAsync());

        figures.AssertNothingLost(requests: 100);
        Assert.Equal(before, await lab.Target.NetworkStateAsync());
    }

    /// <summary>By which its service manager knows that it is to be started again.</summary>
    [Fact]
    public async Task A_node_that_another_hears_no_more_ends_in_order_and_with_an_exit_code_of_its_own()
    {
        using var scratch = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        var before = await lab.Target.NetworkStateAsync();
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "-p", $"{Port}");
        var words = scratch.At("words");
        await File.WriteAllBytesAsync(words, ForeignPeer.Quarantine());

        (await lab.Assistant.RunAsync("socat", "-u", $"OPEN:{words},rdonly", $"TCP:{lab.Target.Address}:36524")).Checked();
        var ended = await interceptor.Process.EndAsync(Bound);

        Assert.Equal(3, ended.ExitCode);
        var last = ended.Errors.TrimEnd().Split('\n')[^1];
        Assert.True(
            last.StartsWith("tcpcopy: the interceptor was taken out of the cluster: ", StringComparison.Ordinal)
            && last.EndsWith("10.77.0.4:1000 has quarantined it and hears it no more; start it again", StringComparison.Ordinal),
            last);
        Assert.Equal(before, await lab.Target.NetworkStateAsync());
    }

    [Fact]
    public async Task A_stop_prints_what_was_done()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);
        await Copying.AskAsync(lab, target, Port, requests: 100);
        await copying.StopAsync();
        var printed = copying.Copier.Output;
        Assert.StartsWith("tcpcopy: copier ready", printed, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ +requests +captured +100$", printed);
        Assert.Matches("(?m)^ +lost +0$", printed);
    }

    private static async Task<int> ReplicaCountAsync(LabNetwork lab) =>
        (await lab.Target.RunAsync("ss", "-Htn", "state", "established", "sport", "=", $":{Port}")).Checked().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
