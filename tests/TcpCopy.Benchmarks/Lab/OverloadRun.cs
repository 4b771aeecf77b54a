using TcpCopy.Testing.Lab;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>
/// More is offered than the copier can copy, since it gets a part of a processor alone: its memory must stay flat, what is lost must be counted, and what
/// comes afterwards must be copied.
/// </summary>
internal static class OverloadRun
{
    private const int Afterwards = 2_000;

    /// <summary>Of a processor's time: some half of what the load would take.</summary>
    private const double ProcessorShare = 0.25;

    private const string Memory = "tcpcopy.copier.max-memory = 64 MiB";

    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(250);

    public static async Task<object> RunAsync(ScenarioOptions options)
    {
        var results = new List<OverloadResult>();
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var load in Workload.All.Where(workload => workload.IsSaturating))
                results.Add(await OverloadAsync(load, options));
        }
        foreach (var load in results.GroupBy(result => result.Load))
        {
            Figure.Print($"overload ({load.Key}), then {Afterwards} requests", [.. load.Select(result => result.Figures)]);
            foreach (var result in load)
                Console.WriteLine($"  lost by cause: {result.Summaries.LostByCause}; sessions ended: {result.Summaries.EndedByOutcome}");
        }
        return results;
    }

    private static async Task<OverloadResult> OverloadAsync(Workload load, ScenarioOptions options)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartCountingAsync(lab.Online, LabRun.Port);
        await using var copy = await RunningCopy.StartWithWebServerAsync(lab, LabRun.Port, options with { Settings = $"{Memory}\n{options.Settings}" });
        var before = copy.Copier.MemoryBytes();
        var samples = new List<long>();
        RunResult offered;
        await using (new ProcessorLimit(copy.Copier, ProcessorShare))
        {
            var loading = LabRun.LoadAsync(lab, load, online);
            while (!loading.IsCompleted)
            {
                await Task.Delay(SampleInterval);
                samples.Add(copy.Copier.MemoryBytes());
            }
            offered = await loading;
        }
        var copied = await copy.WaitUntilQuietAsync();
        (await lab.Client.RunAsync("hey", "-n", $"{Afterwards}", "-c", "10", "-q", "100", lab.Online.Url(LabRun.Port))).Checked();
        var after = await copy.WaitUntilQuietAsync() - copied;
        var (_, _, summaries) = await copy.StopAsync();
        return new OverloadResult(load.Name, offered.Online, copied, after, before, samples, summaries);
    }
}

/// <summary>One overload.</summary>
/// <param name="Load">Its name.</param>
/// <param name="Offered">Requests that the online server answered meanwhile.</param>
/// <param name="Copied">Those of them that the target answered.</param>
/// <param name="CopiedAfterwards">Of the requests that came when it was over.</param>
/// <param name="MemoryBefore">Resident bytes of the copier.</param>
/// <param name="Memory">The same during the overload, every quarter of a second.</param>
internal sealed record OverloadResult(
    string Load, long Offered, long Copied, long CopiedAfterwards, long MemoryBefore, IReadOnlyList<long> Memory, NodeSummaries Summaries)
{
    public IReadOnlyList<Figure> Figures =>
    [
        new("requests offered", "0", Offered),
        new("of them at the target", "0", Copied),
        new("of 2000 afterwards", "0", CopiedAfterwards),
        new("copier MB before", "0", MemoryBefore / 1e6),
        new("copier MB, first half at most", "0", Memory.Take(Memory.Count / 2).DefaultIfEmpty().Max() / 1e6),
        new("copier MB, second half at most", "0", Memory.Skip(Memory.Count / 2).DefaultIfEmpty().Max() / 1e6),
        new("copier MB at most", "0", Summaries.CopierMegabytes),
        new("frames dropped by the kernel", "0", Summaries.Dropped),
        new("connections whose beginning was dropped, counted", "0", Summaries.MissedBeginnings),
        new("sessions seen", "0", Summaries.SessionsSeen),
        new("sessions without an outcome", "0", Summaries.SessionsSeen - Summaries.SessionsEnded),
        new("requests captured", "0", Summaries.RequestsCaptured),
        new("requests acknowledged", "0", Summaries.RequestsAcknowledged),
        new("requests lost, counted", "0", Summaries.RequestsLost),
        new("captured - acknowledged - lost", "0", Summaries.RequestsCaptured - Summaries.RequestsAcknowledged - Summaries.RequestsLost),
    ];
}
