using System.CommandLine;
using System.Text.Json;
using TcpCopy.Benchmarks;

// Measures copying: as a whole in the lab against real servers, and its parts alone. Started by scripts/bench.sh.
var names = new Argument<string[]>("scenarios")
{
    Description = "all when left out:\n" + string.Join("\n", Scenario.All.Select(scenario => $"{scenario.Name,-12} {scenario.Description}")),
    Arity = ArgumentArity.ZeroOrMore,
};
names.AcceptOnlyFromAmong([.. Scenario.All.Select(scenario => scenario.Name)]);
var runs = new Option<int>("--runs") { Description = "runs of each scenario in the lab; medians are of these", DefaultValueFactory = _ => 5 };
var file = new Option<FileInfo?>("--json") { Description = "where every run's figures go" };
var copiedOnly = new Option<bool>("--copied-only") { Description = "leave out the alternating runs without the copier" };
var settings = new Option<string>("--settings") { Description = "configuration of the copier", DefaultValueFactory = _ => "" };
var isSecured = new Option<bool>("--tls") { Description = "the nodes talk TLS, with certificates of a cluster made for it" };
var niceness = new Option<int>("--nice") { Description = "how far the nodes stand back for all else, as nice(1) counts it: 0 to 19" };
niceness.AcceptOnlyFromAmong([.. Enumerable.Range(0, 20).Select(number => $"{number}")]);
var command = new RootCommand("Measures tcpcopy (root; scripts/build.sh first)") { names, runs, file, copiedOnly, settings, isSecured, niceness };
command.SetAction(async parsed =>
{
    var results = new Dictionary<string, object>();
    var options = new ScenarioOptions(
        parsed.GetValue(runs), parsed.GetValue(copiedOnly), parsed.GetValue(settings)!, parsed.GetValue(isSecured), parsed.GetValue(niceness));
    var chosen = parsed.GetValue(names) is { Length: > 0 } given ? given : [.. Scenario.All.Select(scenario => scenario.Name)];
    foreach (var scenario in Scenario.All.Where(scenario => chosen.Contains(scenario.Name)))
        results[scenario.Name] = await scenario.RunAsync(options);
    if (parsed.GetValue(file) is { } json)
        await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
});
return await command.Parse(args).InvokeAsync();
