using Akka.Configuration;
using TcpCopy.Cli.Logging;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Traffic;
using TcpCopy.Node.Hosting;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Privileges;
using TcpCopy.Packets.Rules;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Cli.Hosting;

/// <summary>The life of a node process: checks, run, summary, exit code.</summary>
internal static class NodeRun
{
    /// <summary>What a node does between its checks and its summary.</summary>
    /// <returns>The final figures.</returns>
    public delegate Task<Summary> Work(NodeEvents events, CancellationToken stop);

    /// <param name="name">"copier" or "interceptor".</param>
    /// <param name="summaryFile">Where the figures go as JSON; null: nowhere.</param>
    /// <param name="work">Throws what is wrong with the input before it calls back that it is ready.</param>
    /// <param name="prepare">What is done before all else, while a signal still ends the process at once.</param>
    /// <param name="untilInputEnds">The process that started it ends it, by SIGTERM or by its own end, and hears Ctrl-C in its place.</param>
    public static async Task<int> RunAsync(string name, string? summaryFile, Work work, Action? prepare = null, bool untilInputEnds = false)
    {
        try
        {
            prepare?.Invoke();
            if (summaryFile is not null)
                SummaryFile.DemandWritable(summaryFile);
        }
        catch (Exception e) when (IsBadInput(e))
        {
            Complain(e.Message);
            return ExitCode.BadInput;
        }
        using var signals = new StopSignals(heedsCtrlC: !untilInputEnds);
        if (untilInputEnds)
            ParentWatch.Start();
        var isReady = false;
        try
        {
            var expulsion = "";
            var events = new NodeEvents(() => isReady = SayReady(name), reason => expulsion = reason);
            var summary = await work(events, signals.Token).ConfigureAwait(false);
            summary.Print(Console.Out, Console.IsOutputRedirected);
            if (summaryFile is not null)
                SummaryFile.Write(summaryFile, summary.ToJson());
            if (signals.Token.IsCancellationRequested)
                return ExitCode.Clean;
            Complain($"the {name} was taken out of the cluster: {expulsion}; start it again");
            return ExitCode.Expelled;
        }
        catch (Exception e) when (!isReady && IsBadInput(e))
        {
            Complain(e.Message);
            return ExitCode.BadInput;
        }
        catch (Exception e) when (IsBadInput(e) || e is IOException or UnauthorizedAccessException)
        {
            Complain(e.Message);
            return ExitCode.Failure;
        }
    }

    /// <summary>One line on stderr for each line of <paramref name="message"/>.</summary>
    public static void Complain(string message)
    {
        foreach (var line in message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            Console.Error.WriteLine(LogLine.IsJson ? JsonLine.Of(DateTime.UtcNow, "error", line) : $"tcpcopy: {line}");
    }

    /// <summary>One line on stderr about what does not keep the node from its work.</summary>
    public static void Warn(string message) =>
        Console.Error.WriteLine(LogLine.IsJson ? JsonLine.Of(DateTime.UtcNow, "warning", message) : $"tcpcopy: warning: {message}");

    /// <summary>True for errors that are the operator's to mend and whose message says how.</summary>
    public static bool IsBadInput(Exception error) => error
        is SettingsException or TransferConflictException or HostException
        or CaptureException or SendException or RulesException or PrivilegeException or NodeStartException;

    /// <summary>The node's configuration with this process's logger in it; all that is printed from now on has the form that it names.</summary>
    public static Config WithLogger(Config config)
    {
        // Read, and checked, as a setting before.
        LogLine.IsJson = config.GetString("tcpcopy.node.log-format", "").Equals("json", StringComparison.OrdinalIgnoreCase);
        return StderrLogger.Config.WithFallback(config);
    }

    private static bool SayReady(string name)
    {
        Console.Out.WriteLine($"tcpcopy: {name} ready");
        Console.Out.Flush();
        return true;
    }
}
