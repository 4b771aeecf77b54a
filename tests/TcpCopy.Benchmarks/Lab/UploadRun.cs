using System.Diagnostics;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>One client that sends a gigabyte on one connection.</summary>
internal static class UploadRun
{
    private const long Bytes = 1_000_000_000;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    /// <param name="name">Of the scenario.</param>
    /// <param name="rate">Megabytes a second that the client keeps to; 0: as fast as the lab takes it.</param>
    /// <param name="options">How it is run.</param>
    public static async Task<object> RunAsync(string name, int rate, ScenarioOptions options)
    {
        using var upload = await Upload.PrepareAsync(Bytes);
        var results = new List<UploadResult>();
        for (var run = 0; run < options.Runs; run++)
        {
            if (!options.IsCopiedOnly)
                results.Add(await SendAsync(upload, rate, isCopied: false, options));
            results.Add(await SendAsync(upload, rate, isCopied: true, options));
        }
        Figure.Print($"{name}: one stream of 1 GB, copied", [.. results.Where(result => result.Copy is not null).Select(result => result.Figures)]);
        if (!options.IsCopiedOnly)
            Figure.Print($"{name}: not copied", [.. results.Where(result => result.Copy is null).Select(result => result.Figures)]);
        return results;
    }

    private static async Task<UploadResult> SendAsync(Upload upload, int rate, bool isCopied, ScenarioOptions options)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", LabRun.Port);
        if (!isCopied)
            return new UploadResult(await RateAsync(lab, upload, rate), Copy: null);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", LabRun.Port);
        await using var copy = await RunningCopy.StartAsync(lab, LabRun.Port, options);
        var onlineRate = await RateAsync(lab, upload, rate);
        var end = Stopwatch.GetTimestamp();
        var hasArrived = await Wait.IsMetAsync(() => Task.FromResult(target.Records.Count > 0), Bound);
        var lag = Stopwatch.GetElapsedTime(end);
        var (copier, interceptor, summaries) = await copy.StopAsync();
        var isExact = hasArrived && target.Records[0] == upload.Record;
        return new UploadResult(onlineRate, new UploadCopy(isExact, lag, copier, interceptor, summaries));
    }

    /// <summary>Uploads, in megabytes a second.</summary>
    private static async Task<double> RateAsync(LabNetwork lab, Upload upload, int limit)
    {
        var begin = Stopwatch.GetTimestamp();
        await upload.SendAsync(lab, LabRun.Port, "--limit-rate", $"{limit}M");
        return Bytes / 1e6 / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}

/// <summary>One upload.</summary>
/// <param name="OnlineRate">Megabytes a second that the client got rid of.</param>
/// <param name="Copy">Null when it was not copied.</param>
internal sealed record UploadResult(double OnlineRate, UploadCopy? Copy)
{
    public IReadOnlyList<Figure> Figures => Copy is null
        ? [new("online MB/s", "0.0", OnlineRate)]
        :
        [
            new("online MB/s", "0.0", OnlineRate),
            new("target's last byte behind, s", "0.00", Copy.Lag.TotalSeconds),
            new("byte for byte (1: yes)", "0", Copy.IsExact ? 1 : 0),
            new("copier processor s", "0.00", Copy.Copier.TotalSeconds),
            new("interceptor processor s", "0.00", Copy.Interceptor.TotalSeconds),
            new("copier MB at most", "0", Copy.Summaries.CopierMegabytes),
            new("interceptor MB at most", "0", Copy.Summaries.InterceptorMegabytes),
            new("dropped", "0", Copy.Summaries.Dropped),
            new("sent again", "0", Copy.Summaries.Retransmissions),
            new("MB lost", "0.0", Copy.Summaries.BytesLost / 1e6),
        ];
}

/// <summary>What copying an upload did and cost.</summary>
/// <param name="IsExact">The target's server got every byte, in order (SHA-256).</param>
/// <param name="Lag">From the client's end to the target's last byte, or the time for which that was waited for.</param>
internal sealed record UploadCopy(bool IsExact, TimeSpan Lag, TimeSpan Copier, TimeSpan Interceptor, NodeSummaries Summaries);
