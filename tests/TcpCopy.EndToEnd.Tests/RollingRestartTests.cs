using System.Text.Json;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Two copiers and two interceptors are restarted one after the other while requests go on.</summary>
public sealed class RollingRestartTests
{
    private const int FirstPort = LabConfig.FirstPort;
    private const int SecondPort = LabConfig.SecondPort;
    private const int Clients = 10;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_restart_of_every_node_loses_what_the_stopped_copiers_had_in_flight_and_no_more()
    {
        using var scratch = new ScratchDirectory();
        await using var two = await TwoTargets.StartAsync();
        var lab = two.Lab;
        string[] left = ["-s", lab.Target.Address, "--config", scratch.Write("interceptor.conf", "tcpcopy.intercept.leave-rules = on")];
        await using var nodes = new NodeGroup();
        var interceptors = new Func<Task<NodeProcess>>[]
        {
            () => NodeProcess.StartInterceptorAsync(lab.Target, left), () => NodeProcess.StartInterceptorAsync(lab.Assistant, left),
        };
        var copiers = new Func<Task<NodeProcess>>[] { () => CopierAsync(lab, lab.Target, FirstPort), () => CopierAsync(lab, lab.Assistant, SecondPort) };
        foreach (var start in interceptors.Concat(copiers))
            await nodes.AddAsync(start());

        await using var firstLoad = Load(lab, FirstPort);
        await using var secondLoad = Load(lab, SecondPort);
        await two.FirstTarget.WaitForAccessesAsync(100, Bound);
        await two.SecondTarget.WaitForAccessesAsync(100, Bound);
        var stopped = new List<JsonElement>();
        foreach (var (index, start) in copiers.Index())
        {
            stopped.Add(await nodes.StopAsync(2 + index));
            await nodes.AddAsync(start());
        }
        foreach (var (index, start) in interceptors.Index())
        {
            await nodes.StopAsync(index);
            await nodes.AddAsync(start());
            await nodes[4 + index].Process.WaitForLinesAsync("linked to interceptor", 3 + index, Bound);
        }
        foreach (var (load, online, target) in new[] { (firstLoad, two.FirstOnline, two.FirstTarget), (secondLoad, two.SecondOnline, two.SecondTarget) })
        {
            // With all nodes back everything arrives.
            var (asked, arrived) = (online.Accesses().Count, target.Accesses().Count);
            await online.WaitForAccessesAsync(asked + 200, Bound);
            await target.WaitForAccessesAsync(arrived + 200, Bound);
            await load.StopAsync(Bound);
        }
        // A session that tried in vain while its interceptor was away may wait a quarter of its patience before the next try.
        await Copying.WaitUntilClosedAsync(lab.Target, FirstPort, Bound);
        await Copying.WaitUntilClosedAsync(lab.Assistant, SecondPort, Bound);
        var figures = await nodes.StopAsync();

        foreach (var run in stopped.Select(Figures.Of))
        {
            run.AssertSumsReconcile();
            Assert.InRange(run.Number("requests", "lost"), 0, Clients);
            Assert.Equal(Clients, run.Ended("stopped"));
        }
        foreach (var run in new[] { figures[4], figures[5] }.Select(Figures.Of))
        {
            run.AssertSumsReconcile();
            // The first that is seen of a connection may be the rest of a request that the stopped one had in flight. Nothing after it, though both
            // interceptors were restarted.
            Assert.Equal((Clients, Clients), (run.Number("sessions", "joined"), run.Number("requests", "lost")));
        }
    }

    private static Task<NodeProcess> CopierAsync(LabNetwork lab, LabHost target, int port) => NodeProcess.StartCopierAsync(
        lab.Online, "-x", $"{port}-{target.Address}:{port}", "-s", $"{lab.Target.Address},{lab.Assistant.Address}");

    private static RunningProcess Load(LabNetwork lab, int port) =>
        TrafficServer.Ask(lab.Client, lab.Online, port, Clients, rate: 10, requests: 3_000);
}
