using TcpCopy.Benchmarks.Actors;
using TcpCopy.Benchmarks.Lab;
using TcpCopy.Benchmarks.Parts;

namespace TcpCopy.Benchmarks;

/// <summary>Something that can be measured.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="Description">In a line.</param>
/// <param name="RunAsync">Measures, prints a table, and returns all figures for the JSON file.</param>
internal sealed record Scenario(string Name, string Description, Func<ScenarioOptions, Task<object>> RunAsync)
{
    public static readonly IReadOnlyList<Scenario> All =
    [
        .. Workload.All.Select(workload => new Scenario(workload.Name, workload.Description, options => LabRun.RunAsync(workload, options))),
        new("upload-1G", "one client sends 1 GB on one connection at 110 MB/s", options => UploadRun.RunAsync("upload-1G", rate: 110, options)),
        new("upload-sat", "the same as fast as it can", options => UploadRun.RunAsync("upload-sat", rate: 0, options)),
        new("idle", "18,000 sessions that are open and silent: memory", IdleRun.RunAsync),
        new("overload", "more than a copier can copy that gets a part of a processor alone", OverloadRun.RunAsync),
        new("sessions-1M", "a million sessions of a copier's own actors, without the lab: memory", SessionMemory.RunAsync),
        new("allocations", "keep-alive requests through both nodes' actors and remoting, without the lab", SteadyState.RunAsync),
        new("parts", "decoding, engine, encoding, checksum, messages, session table: time and allocation", PartBenchmarks.RunAsync),
    ];
}
