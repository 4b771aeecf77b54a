using System.CommandLine;
using System.Text.Json;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy report</c>: online host against target, of copiers that run or of summaries that they left.</summary>
internal static class ReportCommand
{
    public const string Name = "report";

    private static readonly Argument<string[]> Sources = new("node")
    {
        Description = "Where a copier serves HTTP: host[:port] or an https:// address, default 127.0.0.1:9636; or the file that it wrote with --summary",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "As JSON: an object, or an array where several were named" };

    private static readonly Option<string> Html = new("--html")
    {
        Description = "Write it to this file as one HTML page with plots, instead",
        HelpName = "FILE",
    };

    public static Command Build() => NodeClientOptions.NewVerb(
        Name, "Hold what the target answered against what the online host answered, for copiers with --compare.", Sources, RunAsync, Json, Html);

    private static async Task<int> RunAsync(ParseResult words, CancellationToken cancel)
    {
        var reports = new List<(string Name, Report Report)>();
        foreach (var name in NodeClientOptions.Named(words.GetValue(Sources)))
            reports.Add((name, await ReadAsync(words, name, cancel).ConfigureAwait(false)));
        if (words.GetValue(Html) is { } file)
            WriteHtml(file, reports);
        else if (words.GetValue(Json))
            ApiOutput.PrintJson<Report>([.. reports.Select(named => named.Report)]);
        else
            Print(reports);
        return ExitCode.Clean;
    }

    private static async Task<Report> ReadAsync(ParseResult words, string name, CancellationToken cancel)
    {
        if (!File.Exists(name))
        {
            using var node = NodeClientOptions.Open(words, name);
            return await node.ReadReportAsync(cancel).ConfigureAwait(false);
        }
        try
        {
            return Reports.Load(name);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new HostException($"{name} is no summary of a copier: {error.Message}");
        }
    }

    private static void Print(List<(string Name, Report Report)> reports)
    {
        foreach (var (name, report) in reports)
            ReportText.Print(Console.Out, name, report);
    }

    private static void WriteHtml(string file, List<(string Name, Report Report)> reports)
    {
        try
        {
            File.WriteAllText(file, ReportHtml.Write(reports));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"--html {file} cannot be written: {error.Message}");
        }
    }
}
