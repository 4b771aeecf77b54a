using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Parts;

/// <summary>Times each part alone.</summary>
public class PartBenchmarks
{
    private Action _run = () => { };

    /// <summary>Names of all parts.</summary>
    public static IEnumerable<string> Names => Parts.Part.Create().Select(part => part.Name);

    /// <summary>Which one is measured.</summary>
    [ParamsSource(nameof(Names))]
    public string Part { get; set; } = "";

    /// <summary>Makes it.</summary>
    [GlobalSetup]
    public void Choose() => _run = Parts.Part.Create().Single(part => part.Name == Part).Run;

    /// <summary>One step of it.</summary>
    [Benchmark]
    public void Run() => _run();

    internal static Task<object> RunAsync(ScenarioOptions options)
    {
        using var scratch = new ScratchDirectory();
        // In this process: there is nothing to keep apart, and nothing to build and restore.
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(scratch.Root);
        var results = BenchmarkRunner.Run<PartBenchmarks>(config).Reports.Select(report => new PartResult(
            (string)report.BenchmarkCase.Parameters[nameof(Part)],
            report.ResultStatistics?.Mean ?? double.NaN,
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0)).ToList();
        foreach (var result in results)
            Console.WriteLine($"  {result.Nanoseconds,10:0.0} ns {result.Bytes,8} B  {result.Part}");
        return Task.FromResult<object>(results);
    }
}

/// <summary>What a step of a part takes.</summary>
/// <param name="Part">Its name.</param>
/// <param name="Nanoseconds">On the average.</param>
/// <param name="Bytes">Allocated.</param>
internal sealed record PartResult(string Part, double Nanoseconds, long Bytes);
