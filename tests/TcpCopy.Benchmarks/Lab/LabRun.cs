using TcpCopy.Testing.Lab;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>Runs workloads in the lab, each in one of its own: nothing is left from the run before, no connection in TIME-WAIT either.</summary>
internal static class LabRun
{
    public const int Port = 8080;

    /// <summary>Runs a workload with the copier and without, in turn, and prints what came of it.</summary>
    public static async Task<object> RunAsync(Workload workload, ScenarioOptions options)
    {
        var results = new List<RunResult>();
        for (var run = 0; run < options.Runs; run++)
        {
            // In turn, so that a machine that others use too is as slow for the one as for the other.
            if (!options.IsCopiedOnly)
                results.Add(await MeasureAsync(workload, copied: null));
            results.Add(await MeasureAsync(workload, options));
        }
        ResultTable.Print(workload, results);
        return results;
    }

    /// <param name="workload">What the client does.</param>
    /// <param name="copied">Configuration of the nodes that copy the online host meanwhile; null: none do.</param>
    private static async Task<RunResult> MeasureAsync(Workload workload, ScenarioOptions? copied)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartCountingAsync(lab.Online, Port);
        if (copied is null)
            return await LoadAsync(lab, workload, online);
        await using var copy = await RunningCopy.StartWithWebServerAsync(lab, Port, copied);
        var result = await LoadAsync(lab, workload, online);
        return result with { Copy = await copy.FinishAsync(result.Online) };
    }

    public static async Task<RunResult> LoadAsync(LabNetwork lab, Workload workload, NginxServer online)
    {
        string[] words = [.. workload.Options, lab.Online.Url(Port)];
        var report = (await lab.Client.RunAsync(workload.Tool, words)).Checked().Output;
        var (rate, tail) = Workload.ReadReport(report);
        return new RunResult(await online.CountRequestsAsync(), rate, tail.TotalMilliseconds, ProcessorTime.Of(online.ProcessId), Copy: null);
    }
}
