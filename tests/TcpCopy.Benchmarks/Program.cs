using System.CommandLine;
using System.Text.Json;
using TcpCopy.Benchmarks.Lab;

// Measures copying as a whole, in the lab, against real servers. Started by scripts/bench.sh.
var names = new Argument<string[]>("workloads")
{
    Description = $"which of {string.Join(", ", Workload.All.Select(workload => workload.Name))}; all when left out",
    Arity = ArgumentArity.ZeroOrMore,
};
names.AcceptOnlyFromAmong([.. Workload.All.Select(workload => workload.Name)]);
var runs = new Option<int>("--runs") { Description = "runs of each workload; medians are of these", DefaultValueFactory = _ => 5 };
var file = new Option<FileInfo?>("--json") { Description = "where every run's figures go" };
var copiedOnly = new Option<bool>("--copied-only") { Description = "leave out the alternating runs without the copier" };
var settings = new Option<string>("--settings") { Description = "configuration of the copier", DefaultValueFactory = _ => "" };
var command = new RootCommand("Measures tcpcopy in the lab (root; scripts/build.sh first)") { names, runs, file, copiedOnly, settings };
command.SetAction(async parsed =>
{
    var results = new Dictionary<string, IReadOnlyList<RunResult>>();
    var chosen = parsed.GetValue(names) is { Length: > 0 } given ? given : [.. Workload.All.Select(workload => workload.Name)];
    foreach (var workload in Workload.All.Where(workload => chosen.Contains(workload.Name)))
    {
        var ofWorkload = new List<RunResult>();
        for (var run = 0; run < parsed.GetValue(runs); run++)
        {
            // In turn, so that a machine that others use too is as slow for the one as for the other.
            if (!parsed.GetValue(copiedOnly))
                ofWorkload.Add(await LabRun.RunAsync(workload, isCopied: false, ""));
            ofWorkload.Add(await LabRun.RunAsync(workload, isCopied: true, parsed.GetValue(settings)!));
        }
        ResultTable.Print(workload, ofWorkload);
        results[workload.Name] = ofWorkload;
    }
    if (parsed.GetValue(file) is { } json)
        await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
});
return await command.Parse(args).InvokeAsync();
