using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;
using TcpCopy.Web.Feed;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy web</c>: nodes, rates, answers and sessions as a page, in a process of its own.</summary>
internal static class WebCommand
{
    public const string Name = "web";

    private static readonly Option<string> Http = new("--http")
    {
        Description = $"Where the page is served. Default: {PageSettings.Standard}",
        HelpName = "ADDR:PORT",
    };

    private static readonly Option<string> ConfigPath = new("--config")
    {
        Description = "HOCON file with the page's own tcpcopy.http: token-file, certificate, key, client-ca",
        HelpName = "FILE",
    };

    public static Command Build() => NodeClientOptions.NewVerb(
        Name, "Serve a web page that shows running nodes: rates, times, outcomes and sessions.", NodeClientOptions.Nodes, RunAsync, Http, ConfigPath);

    private static async Task<int> RunAsync(ParseResult words, CancellationToken _)
    {
        using var signals = new StopSignals();
        var settings = PageSettings.Read(Http.Name, words.GetValue(Http), words.GetValue(ConfigPath));
        var cluster = new ClusterWatch(NodeClientOptions.Open(words), TimeProvider.System, new WatchPace());
        await using var page = await PageHost.StartAsync(settings, cluster).ConfigureAwait(false);
        Console.WriteLine($"tcpcopy: page at {page.Address}");
        await cluster.RunAsync(signals.Token).ConfigureAwait(false);
        return ExitCode.Clean;
    }
}
