using System.Globalization;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>18,000 sessions that have asked once and are open: as many as one process has descriptors for.</summary>
internal static class IdleRun
{
    private const int Sessions = 18_000;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    /// <summary>By then there are as many replicas as there are going to be.</summary>
    private static readonly TimeSpan ReplicaBound = TimeSpan.FromSeconds(10);

    /// <summary>Nothing is asked any more: what is still to be acknowledged is by then, and memory is what it stays at.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public static async Task<object> RunAsync(ScenarioOptions options)
    {
        var results = new List<IdleResult>();
        for (var run = 0; run < options.Runs; run++)
            results.Add(await HoldAsync(options));
        Figure.Print($"idle: {Sessions} open sessions", [.. results.Select(result => result.Figures)]);
        return results;
    }

    private static async Task<IdleResult> HoldAsync(ScenarioOptions options)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartCountingAsync(lab.Online, LabRun.Port);
        await using var copy = await RunningCopy.StartWithWebServerAsync(lab, LabRun.Port, options);
        var (copierBase, interceptorBase) = (copy.Copier.MemoryBytes(), copy.Interceptor.MemoryBytes());
        await using var clients = lab.Client.Start(
            TrafficServer.Program, "hold", lab.Online.Address, $"{LabRun.Port}", Sessions.ToString(CultureInfo.InvariantCulture));
        await clients.WaitForLineAsync("holding", Bound);
        await Wait.IsMetAsync(async () => await CountConnectionsAsync(lab.Target) >= Sessions, ReplicaBound);
        await Task.Delay(Rest);
        var (copier, interceptor) = (copy.Copier.MemoryBytes(), copy.Interceptor.MemoryBytes());
        var replicas = await CountConnectionsAsync(lab.Target);
        var (_, _, summaries) = await copy.StopAsync();
        return new IdleResult(replicas, copierBase, copier, interceptorBase, interceptor, summaries);
    }

    private static async Task<int> CountConnectionsAsync(LabHost host)
    {
        var sockets = await host.RunAsync("ss", "-Htn", "state", "established", $"sport = :{LabRun.Port}");
        return sockets.Checked().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}

/// <summary>Resident memory in bytes, before any session and with all of them.</summary>
/// <param name="Replicas">Connections that the target has.</param>
internal sealed record IdleResult(
    int Replicas, long CopierBase, long Copier, long InterceptorBase, long Interceptor, NodeSummaries Summaries)
{
    public IReadOnlyList<Figure> Figures =>
    [
        new("replicas at the target", "0", Replicas),
        new("copier MB before", "0.0", CopierBase / 1e6),
        new("copier MB with them", "0.0", Copier / 1e6),
        new("copier bytes a session", "0", (Copier - CopierBase) / (double)Replicas),
        new("copier MB at most", "0.0", Summaries.CopierMegabytes),
        new("interceptor MB before", "0.0", InterceptorBase / 1e6),
        new("interceptor MB with them", "0.0", Interceptor / 1e6),
        new("interceptor bytes a session", "0", (Interceptor - InterceptorBase) / (double)Replicas),
        new("GCs copier", "0", Summaries.CopierCollections),
    ];
}
