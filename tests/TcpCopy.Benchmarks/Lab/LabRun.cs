using TcpCopy.Testing.Lab;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>Runs workloads in the lab, each in one of its own: nothing is left from the run before, no connection in TIME-WAIT either.</summary>
internal static class LabRun
{
    public const int Port = 8080;

    /// <param name="workload">What the client does.</param>
    /// <param name="isCopied">Whether the online host is copied meanwhile.</param>
    /// <param name="settings">Configuration of the copier.</param>
    public static async Task<RunResult> RunAsync(Workload workload, bool isCopied, string settings)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartCountingAsync(lab.Online, Port);
        if (!isCopied)
            return await LoadAsync(lab, workload, online);
        await using var copy = await RunningCopy.StartAsync(lab, Port, settings);
        var result = await LoadAsync(lab, workload, online);
        return result with { Copy = await copy.FinishAsync(result.Online) };
    }

    private static async Task<RunResult> LoadAsync(LabNetwork lab, Workload workload, NginxServer online)
    {
        string[] words = [.. workload.Options, $"http://{lab.Online.Address}:{Port}/page"];
        var report = (await lab.Client.RunAsync(workload.Tool, words)).Checked().Output;
        var (rate, tail) = Workload.ReadReport(report);
        return new RunResult(await online.CountRequestsAsync(), rate, tail.TotalMilliseconds, ProcessorTime.Of(online.ProcessId), Copy: null);
    }
}
