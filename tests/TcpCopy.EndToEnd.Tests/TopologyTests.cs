using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The arrangements of config/topologies, from their files alone.</summary>
public sealed class TopologyTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task One_copier_copies_to_two_targets_on_different_ports()
    {
        await using var two = await TwoTargets.StartAsync();
        await using var nodes = await NodesOfAsync(two);

        await Task.WhenAll(LoadAsync(two.Lab, LabConfig.FirstPort, 300), LoadAsync(two.Lab, LabConfig.SecondPort, 200));
        await two.FirstTarget.WaitForAccessesAsync(300, Bound);
        await two.SecondTarget.WaitForAccessesAsync(200, Bound);
        var figures = Figures.Of((await nodes.StopAsync())[2]);

        Assert.Equal((300, 200), (two.FirstTarget.Accesses().Count, two.SecondTarget.Accesses().Count));
        figures.AssertNothingLost(500);
    }

    [Fact]
    public async Task An_interceptor_that_stops_takes_along_the_sessions_of_its_own_target_alone()
    {
        await using var two = await TwoTargets.StartAsync();
        await using var nodes = await NodesOfAsync(two);
        await using var watch = await PacketWatch.StartAsync(two.Lab.Client, $"ip and src host {two.Lab.Target.Address}");
        await using var first = Keep(two.Lab, LabConfig.FirstPort);
        await using var second = Keep(two.Lab, LabConfig.SecondPort);
        await two.FirstTarget.WaitForAccessesAsync(50, Bound);
        await two.SecondTarget.WaitForAccessesAsync(50, Bound);

        await nodes.StopAsync(0);
        await LoadAsync(two.Lab, LabConfig.FirstPort, 50);
        await two.SecondTarget.WaitForAccessesAsync(two.SecondTarget.Accesses().Count + 50, Bound);
        foreach (var load in new[] { first, second })
        {
            load.Signal(RunningProcess.SigInt);
            await load.EndAsync(Bound);
        }
        await two.SecondTarget.WaitForAccessesAsync(two.SecondOnline.Accesses().Count, Bound);
        var figures = Figures.Of((await nodes.StopAsync())[2]);

        Assert.Empty(await watch.PacketsUntilNowAsync());
        Assert.DoesNotContain(two.FirstTarget.Accesses(), access => access.Path == "/page?load");
        Assert.Equal(two.SecondOnline.Accesses().Count, two.SecondTarget.Accesses().Count);
        Assert.InRange(figures.Ended("shed"), 50, 100);
        figures.AssertSumsReconcile();
    }

    [Fact]
    public async Task Two_online_hosts_copy_to_one_target_at_once()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var first = await NginxServer.StartAsync(lab.Online, LabConfig.FirstPort);
        await using var second = await NginxServer.StartAsync(lab.Assistant, LabConfig.FirstPort);
        await using var target = await NginxServer.StartAsync(lab.Target, LabConfig.FirstPort);
        // The second host's clients come from an address of their own: one client cannot have the same port on both.
        (await lab.Client.RunAsync("ip", "address", "add", "10.77.0.11/24", "dev", "eth0")).Checked();
        (await lab.Client.RunAsync("ip", "route", "add", lab.Assistant.Address, "dev", "eth0", "src", "10.77.0.11")).Checked();
        await using var nodes = new NodeGroup();
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Target, Config("interceptor.conf")));
        foreach (var online in new[] { lab.Online, lab.Assistant })
            await nodes.AddAsync(NodeProcess.StartCopierAsync(online, Config("topologies/two-online-hosts.conf")));

        var loads = new[] { lab.Online, lab.Assistant }.Select(host =>
            lab.Client.RunAsync("hey", "-n", "3000", "-c", "10", "-q", "50", host.Url(LabConfig.FirstPort, "/page?" + host.Name)));
        foreach (var load in await Task.WhenAll(loads))
            load.Checked();
        await target.WaitForAccessesAsync(6000, Bound);
        var figures = (await nodes.StopAsync()).Skip(1).Select(Figures.Of);

        var arrived = target.Accesses().GroupBy(access => (access.Path, access.Client)).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(
            new Dictionary<(string, string), int>
            {
                [("/page?online", lab.Client.Address)] = 3000,
                [("/page?assistant", "10.77.0.11")] = 3000,
            },
            arrived);
        Assert.All(figures, figures => figures.AssertNothingLost(requests: 3000));
    }

    [Fact]
    public async Task Copiers_that_all_see_the_same_divide_the_sessions_and_go_on_when_one_is_killed()
    {
        await using var lab = await LabNetwork.StartAsync();
        await lab.ShowTrafficAsync(lab.Online, lab.Assistant);
        await using var online = await NginxServer.StartAsync(lab.Online, LabConfig.FirstPort);
        await using var target = await NginxServer.StartAsync(lab.Target, LabConfig.FirstPort);
        await using var nodes = new NodeGroup();
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Target, Config("interceptor.conf")));
        string[] words = Config("topologies/mirror-port.conf");
        var elder = await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Assistant, words));
        // A session that goes on while another copier comes stays where it is.
        await using var kept = lab.Client.Start("hey", "-z", "60s", "-c", "1", "-q", "10", lab.Online.Url(LabConfig.FirstPort, "/page?kept"));
        await target.WaitForAccessesAsync(10, Bound);
        var newcomer = await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Assistant, words));
        foreach (var copier in new[] { elder, newcomer })
            await copier.Process.WaitForLineAsync("all of them see: 2", Bound);

        await LoadAsync(lab, LabConfig.FirstPort, 400);
        await WaitForLoadAsync(target, 400);
        await newcomer.Process.KillAsync();
        await elder.Process.WaitForLinesAsync("all of them see: 1", 2, Bound);
        await LoadAsync(lab, LabConfig.FirstPort, 200);
        await WaitForLoadAsync(target, 600);
        kept.Signal(RunningProcess.SigInt);
        await kept.EndAsync(Bound);
        await target.WaitForAccessesAsync(online.Accesses().Count, Bound);
        var figures = Figures.Of((await nodes.StopAsync())[1]);

        // Every request once, by one copier or the other.
        Assert.Equal(online.Accesses().Count, target.Accesses().Count);
        Assert.Single(target.Accesses().Where(access => access.Path == "/page?kept").DistinctBy(access => access.Connection));
        // A fair draw of half of 400, five standard deviations either way.
        Assert.InRange(figures.Ended("left-to-another"), 150, 250);
        Assert.Equal(0, figures.Number("requests", "lost"));
        figures.AssertSumsReconcile();
    }

    /// <summary>Both interceptors, the first first, and behind them the copier, which is linked to both.</summary>
    private async Task<NodeGroup> NodesOfAsync(TwoTargets two)
    {
        var nodes = new NodeGroup();
        return await nodes.StartedAsync(async _ =>
        {
            await nodes.AddAsync(NodeProcess.StartInterceptorAsync(two.Lab.Target, Config("interceptor.conf")));
            await nodes.AddAsync(NodeProcess.StartInterceptorAsync(two.Lab.Assistant, Config("topologies/two-targets-second.conf")));
            var copier = await nodes.AddAsync(NodeProcess.StartCopierAsync(two.Lab.Online, Config("topologies/two-targets.conf")));
            await copier.Process.WaitForLinesAsync("linked to interceptor", 2, Bound);
        });
    }

    private static RunningProcess Keep(LabNetwork lab, int port) =>
        lab.Client.Start("hey", "-z", "60s", "-c", "5", "-q", "10", lab.Online.Url(port, "/page?kept"));

    private static Task WaitForLoadAsync(NginxServer target, int count) => Wait.UntilAsync(
        () => target.Accesses().Count(access => access.Path == "/page?load") >= count, Bound,
        () => $"{count} requests at the target; {target.Accesses().Count(access => access.Path == "/page?load")} came");

    private static async Task LoadAsync(LabNetwork lab, int port, int requests) => (await lab.Client.RunAsync(
        "hey", "-n", $"{requests}", "-c", "10", "-q", "20", "-disable-keepalive", lab.Online.Url(port, "/page?load"))).Checked();

    private string[] Config(string name) => ["--config", LabConfig.Write(_scratch, name)];
}
