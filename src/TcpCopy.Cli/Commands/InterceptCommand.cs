using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;
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
            NodeOptions.Ports, NodeOptions.Seeds, NodeOptions.Placement, NodeOptions.Select, NodeOptions.Sink, NodeOptions.Clients,
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
                flags.Text("tcpcopy.intercept.placement", words.GetValue(NodeOptions.Placement));
                flags.Text("tcpcopy.intercept.select", words.GetValue(NodeOptions.Select));
                flags.Text("tcpcopy.intercept.sink", words.GetValue(NodeOptions.Sink));
                flags.List("tcpcopy.intercept.clients", words.GetValue(NodeOptions.Clients));
                flags.List("tcpcopy.node.seeds", words.GetValue(NodeOptions.Seeds));
            });
            var settings = SettingsReader.ReadInterceptor(config);
            var logged = NodeRun.WithLogger(config);
            return NodeRun.RunAsync("interceptor", settings.Node.SummaryFile, async (events, stop) =>
            {
                var placed = settings with { Node = HostChecks.Place(settings.Node) };
                var face = new NodeFace("interceptor");
                var seen = events with { OnReady = events.OnReady + face.SetReady };
                var report = await HttpHost.ServeAsync(
                    settings.Node.Http, face, () => InterceptorService.RunAsync(placed, logged, seen, stop, face.Show))
                    .ConfigureAwait(false);
                return InterceptorSummary.Of(report);
            }, () => Prepare(settings, words), words.GetValue(NodeOptions.UntilInputEnds));
        }
        catch (SettingsException e)
        {
            NodeRun.Complain(FlagSettings.Describe(e));
            return Task.FromResult(ExitCode.BadInput);
        }
    }

    private static void Prepare(InterceptorSettings settings, ParseResult words)
    {
        HostChecks.ForInterceptor(settings);
        // Here, since the node may not read all of them any more once it has given up its rights.
        if (settings.Node.Rules == RulesOwner.Outside && settings.Placement == InterceptorPlacement.Target)
            InterceptorRules.Verify(settings);
        NodeRights.GiveUpAllOthers(settings.Node, settings.ChangesRules, words.GetValue(NodeOptions.ConfigPath));
    }
}
