using System.CommandLine;
using TcpCopy.Cli.Hosting;
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
            NodeOptions.Transfers, NodeOptions.Seeds, NodeOptions.Devices, NodeOptions.Filter,
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
            });
            var settings = SettingsReader.ReadCopier(config);
            // Refuses transfers that feed on themselves; the copier makes its own once it knows its addresses.
            _ = new TransferMap(settings.Transfers, DeviceFinder.HostAddresses());
            return NodeRun.RunAsync("copier", settings.Node.SummaryFile, async (onReady, stop) =>
            {
                HostChecks.ForCopier();
                var placed = settings with { Node = HostChecks.Place(settings.Node) };
                var report = await CopierService.RunAsync(placed, NodeRun.WithLogger(config), onReady, stop).ConfigureAwait(false);
                return CopierSummary.Of(report);
            });
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
}
