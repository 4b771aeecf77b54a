using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Settings;
using TcpCopy.Interceptor;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy intercept</c>: an interceptor node on the target host.</summary>
internal static class InterceptCommand
{
    public const string Name = "intercept";

    public static Command Build()
    {
        var command = new Command(Name, "Take the target's replies to replicas out of the network, on its host: runs an interceptor node.")
        {
            NodeOptions.Ports, NodeOptions.Seeds,
        };
        foreach (var option in NodeOptions.OfEveryNode)
            command.Add(option);
        command.SetAction((words, _) => RunAsync(words));
        return command;
    }

    private static Task<int> RunAsync(ParseResult words)
    {
        try
        {
            var config = NodeOptions.Layer(words, flags =>
            {
                flags.List("tcpcopy.intercept.ports", words.GetValue(NodeOptions.Ports));
                flags.List("tcpcopy.node.seeds", words.GetValue(NodeOptions.Seeds));
            });
            var settings = SettingsReader.ReadInterceptor(config);
            return NodeRun.RunAsync("interceptor", settings.Node.SummaryFile, async (onReady, stop) =>
            {
                HostChecks.ForInterceptor();
                var placed = settings with { Node = HostChecks.Place(settings.Node) };
                var report = await InterceptorService.RunAsync(placed, NodeRun.WithLogger(config), onReady, stop).ConfigureAwait(false);
                return InterceptorSummary.Of(report);
            });
        }
        catch (SettingsException e)
        {
            NodeRun.Complain(FlagSettings.Describe(e));
            return Task.FromResult(ExitCode.BadInput);
        }
    }
}
