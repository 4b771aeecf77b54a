using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier;
using TcpCopy.Core.Traffic;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy copy</c>: a copier node on the online host.</summary>
internal static class CopyCommand
{
    public const string Name = "copy";

    public static Command Build()
    {
        var command = new Command(Name, "Copy traffic of this (online) host to a target: runs a copier node.")
        {
            NodeOptions.Transfers, NodeOptions.Seeds, NodeOptions.Devices, NodeOptions.Filter, NodeOptions.ReplicaAddresses, NodeOptions.OwnIp,
            NodeOptions.Compare,
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
                flags.List("tcpcopy.copier.transfers", words.GetValue(NodeOptions.Transfers));
                flags.List("tcpcopy.node.seeds", words.GetValue(NodeOptions.Seeds));
                flags.List("tcpcopy.capture.devices", words.GetValue(NodeOptions.Devices));
                flags.Text("tcpcopy.capture.extra-filter", words.GetValue(NodeOptions.Filter));
                flags.List("tcpcopy.replicas.addresses", words.GetValue(NodeOptions.ReplicaAddresses));
                flags.Text("tcpcopy.replicas.own-ip", words.GetValue(NodeOptions.OwnIp) ? "on" : null);
                flags.Text("tcpcopy.copier.compare", words.GetValue(NodeOptions.Compare) ? "on" : null);
            });
            var settings = SettingsReader.ReadCopier(config);
            // Refuses transfers that feed on themselves; the copier makes its own once it knows its addresses.
            _ = new TransferMap(settings.Transfers, DeviceFinder.HostAddresses());
            var logged = NodeRun.WithLogger(config);
            return NodeRun.RunAsync("copier", settings.Node.SummaryFile, async (events, stop) =>
            {
                var placed = settings with { Node = HostChecks.Place(OwnIpPlacement.NodeOf(settings)) };
                using var ownIp = OwnIpPlacement.Install(placed, config);
                var face = new NodeFace("copier");
                var seen = events with { OnReady = events.OnReady + face.SetReady };
                var report = await HttpHost.ServeAsync(
                    settings.Node.Http, face, () => CopierService.RunAsync(placed, logged, seen, stop, face.Show, ownIp))
                    .ConfigureAwait(false);
                return CopierSummary.Of(report) with { Tap = ownIp?.ReadTap() };
            }, () => Prepare(settings, words), words.GetValue(NodeOptions.UntilInputEnds));
        }
        catch (SettingsException e)
        {
            NodeRun.Complain(FlagSettings.Describe(e));
            return Task.FromResult(ExitCode.BadInput);
        }
        catch (TransferConflictException e)
        {
            NodeRun.Complain($"-x {e.Message}");
            return Task.FromResult(ExitCode.BadInput);
        }
    }

    private static void Prepare(CopierSettings settings, ParseResult words)
    {
        HostChecks.ForCopier(settings.Node.Rules);
        // Here, since the node may not read them any more once it has given up its rights.
        if (settings.Node.Rules == RulesOwner.Outside)
            CopierRules.Verify(settings);
        NodeRights.GiveUpAllOthers(settings.Node, settings.Node.Rules == RulesOwner.Own, words.GetValue(NodeOptions.ConfigPath));
    }
}
