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
        await using var lab = await LabNetwork.StartAsync();
        await using var firstOnline = await NginxServer.StartAsync(lab.Online, LabConfig.FirstPort);
        await using var secondOnline = await NginxServer.StartAsync(lab.Online, LabConfig.SecondPort);
        await using var firstTarget = await NginxServer.StartAsync(lab.Target, LabConfig.FirstPort);
        await using var secondTarget = await NginxServer.StartAsync(lab.Assistant, LabConfig.SecondPort);
        await using var nodes = new NodeGroup();
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Target, Config("interceptor.conf")));
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Assistant, Config("topologies/two-targets-second.conf")));
        var copier = await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Online, Config("topologies/two-targets.conf")));
        await copier.Process.WaitForLinesAsync("linked to interceptor", 2, Bound);

        await Task.WhenAll(LoadAsync(lab, LabConfig.FirstPort, 300), LoadAsync(lab, LabConfig.SecondPort, 200));
        await firstTarget.WaitForAccessesAsync(300, Bound);
        await secondTarget.WaitForAccessesAsync(200, Bound);
        var figures = Figures.Of((await nodes.StopAsync())[2]);

        Assert.Equal((300, 200), (firstTarget.Accesses().Count, secondTarget.Accesses().Count));
        figures.AssertNothingLost(500);
    }

    [Fact]
    public async Task An_interceptor_that_stops_takes_along_the_sessions_of_its_own_target_alone()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var firstOnline = await NginxServer.StartAsync(lab.Online, LabConfig.FirstPort);
        await using var secondOnline = await NginxServer.StartAsync(lab.Online, LabConfig.SecondPort);
        await using var firstTarget = await NginxServer.StartAsync(lab.Target, LabConfig.FirstPort);
        await using var secondTarget = await NginxServer.StartAsync(lab.Assistant, LabConfig.SecondPort);
        await using var nodes = new NodeGroup();
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Target, Config("interceptor.conf")));
        await nodes.AddAsync(NodeProcess.StartInterceptorAsync(lab.Assistant, Config("topologies/two-targets-second.conf")));
        var copier = await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Online, Config("topologies/two-targets.conf")));
        await copier.Process.WaitForLinesAsync("linked to interceptor", 2, Bound);
        await using var watch = await PacketWatch.StartAsync(lab.Client, $"ip and src host {lab.Target.Address}");
        await using var first = Keep(lab, LabConfig.FirstPort);
        await using var second = Keep(lab, LabConfig.SecondPort);
        await firstTarget.WaitForAccessesAsync(50, Bound);
        await secondTarget.WaitForAccessesAsync(50, Bound);

        await nodes.StopAsync(0);
        await LoadAsync(lab, LabConfig.FirstPort, 50);
        await secondTarget.WaitForAccessesAsync(secondTarget.Accesses().Count + 50, Bound);
        foreach (var load in new[] { first, second })
        {
            load.Signal(RunningProcess.SigInt);
            await load.EndAsync(Bound);
        }
        await secondTarget.WaitForAccessesAsync(secondOnline.Accesses().Count, Bound);
        var figures = Figures.Of((await nodes.StopAsync())[2]);

        Assert.Empty(watch.Packets);
        Assert.DoesNotContain(firstTarget.Accesses(), access => access.Path == "/page?load");
        Assert.Equal(secondOnline.Accesses().Count, secondTarget.Accesses().Count);
        Assert.InRange(figures.Ended("shed"), 50, 100);
        figures.AssertSumsReconcile();
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
        await using var kept = lab.Client.Start("hey", "-z", "60s", "-c", "1", "-q", "10", Url(lab, LabConfig.FirstPort, "/page?kept"));
        await target.WaitForAccessesAsync(10, Bound);
        var newcomer = await nodes.AddAsync(NodeProcess.StartCopierAsync(lab.Assistant, words));
        foreach (var copier in new[] { elder, newcomer })
            await copier.Process.WaitForLineAsync("all of them see: 2", Bound);

        await LoadAsync(lab, LabConfig.FirstPort, 400);
        await WaitForLoadAsync(target, 400);
        newcomer.Process.Signal(RunningProcess.SigKill);
        await newcomer.Process.EndAsync(Bound);
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

    private static RunningProcess Keep(LabNetwork lab, int port) =>
        lab.Client.Start("hey", "-z", "60s", "-c", "5", "-q", "10", Url(lab, port, "/page?kept"));

    private static Task WaitForLoadAsync(NginxServer target, int count) => Wait.UntilAsync(
        () => target.Accesses().Count(access => access.Path == "/page?load") >= count, Bound,
        () => $"{count} requests at the target; {target.Accesses().Count(access => access.Path == "/page?load")} came");

    private static async Task LoadAsync(LabNetwork lab, int port, int requests) => (await lab.Client.RunAsync(
        "hey", "-n", $"{requests}", "-c", "10", "-q", "20", "-disable-keepalive", Url(lab, port, "/page?load"))).Checked();

    private static string Url(LabNetwork lab, int port, string path) => $"http://{lab.Online.Address}:{port}{path}";

    private string[] Config(string name) => ["--config", LabConfig.Write(_scratch, name)];
}
