using System.CommandLine;
using Spectre.Console;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy status</c>: what nodes have counted so far, once.</summary>
internal static class StatusCommand
{
    public const string Name = "status";

    private static readonly Option<bool> Json = new("--json") { Description = "As JSON: an object, or an array where several nodes were named" };

    public static Command Build() => NodeClientOptions.NewVerb(
        Name, "Show what running nodes have counted so far.", NodeClientOptions.Nodes, RunAsync, Json);

    private static async Task<int> RunAsync(ParseResult words, CancellationToken cancel)
    {
        var nodes = NodeClientOptions.Open(words);
        var statuses = new List<(string Name, NodeStatus Status)>();
        foreach (var node in nodes)
        {
            using (node)
                statuses.Add((node.Name, await node.ReadStatusAsync(cancel).ConfigureAwait(false)));
        }
        if (words.GetValue(Json))
            ApiOutput.PrintJson<NodeStatus>([.. statuses.Select(node => node.Status)]);
        else
            Print(statuses);
        return statuses.All(node => node.Status.Obstacle is null) ? ExitCode.Clean : ExitCode.Failure;
    }

    private static void Print(List<(string Name, NodeStatus Status)> statuses)
    {
        foreach (var (name, status) in statuses)
        {
            var (title, rows) = (StatusRows.TitleOf(name, status), StatusRows.Of(status));
            if (Console.IsOutputRedirected)
                SummaryTable.PrintPlain(Console.Out, title, rows);
            else
                SummaryTable.Print(AnsiConsole.Console, title, rows);
        }
    }
}
