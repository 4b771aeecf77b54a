using System.Diagnostics;
using System.Globalization;
using System.Net;
using Spectre.Console;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Settings;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Cli.Demo;

/// <summary>The demo proper, inside namespaces where only its own loopback exists.</summary>
internal static class DemoRun
{
    // As long as each other: so are the answers.
    private const string OnlineName = "online";
    private const string TargetName = "target";

    // Its own mount namespace has an empty /run.
    private const string InterceptorFile = "/run/tcpcopy-demo-interceptor.conf";

    // Replies of the target go to clients of this same machine, which the local routing table would deliver before any rule is asked.
    private const string InterceptorSettings = "tcpcopy.intercept.local-clients = on\n";

    private const string InterceptorHttp = "127.0.0.1:9635";

    private static readonly IPEndPoint Online = new(IPAddress.Loopback, 8080);
    private static readonly IPEndPoint Target = new(IPAddress.Loopback, 8081);
    private static readonly IPEndPoint Interceptor = new(IPAddress.Loopback, 36524);

    /// <summary>How long the target may show no progress before what is missing counts as lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(int requests, DemoPage? page, CancellationToken stop)
    {
        try
        {
            SystemCommand.Run("ip", "link", "set", "lo", "up");
            await File.WriteAllTextAsync(InterceptorFile, InterceptorSettings, stop).ConfigureAwait(false);
            return await CopyAsync(requests, page, stop).ConfigureAwait(false) ? ExitCode.Clean : ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            NodeRun.Complain("the demo was stopped before its end");
            return ExitCode.Failure;
        }
        catch (DemoException e)
        {
            NodeRun.Complain(e.Message);
            return ExitCode.Failure;
        }
    }

    /// <summary>Whether all went well, by what the servers and the clients counted.</summary>
    internal static bool IsWhole(int online, int target, ClientCounts counts) => online == target && counts is { Strays: 0, Failed: 0 };

    private static async Task<bool> CopyAsync(int requests, DemoPage? page, CancellationToken stop)
    {
        await using var online = await DemoServer.StartAsync(Online, OnlineName).ConfigureAwait(false);
        await using var target = await DemoServer.StartAsync(Target, TargetName).ConfigureAwait(false);
        Console.WriteLine($"online server at {Online}, target server at {Target}; starting an interceptor node and a copier node");
        string[] always = ["copy", "-x", $"{Online}-{Target}", "-s", $"{Interceptor}", "-b", $"{Interceptor.Address}", "-i", "lo"];
        await using var interceptor = DemoNode.Start(
            "interceptor", "intercept", "-b", $"{Interceptor}", "--http", page is null ? "off" : InterceptorHttp, "--config", InterceptorFile);
        await using var copier = DemoNode.Start("copier", page is null ? always : [.. always, "--compare"]);
        await interceptor.WhenReadyAsync(stop).ConfigureAwait(false);
        await copier.WhenReadyAsync(stop).ConfigureAwait(false);
        Console.WriteLine("both nodes are ready and joined in one cluster; clients ask the online server alone");

        var clock = Stopwatch.StartNew();
        var clients = new DemoClients(Online, OnlineName, requests);
        var counts = await DemoProgress.ShowAsync("requests", requests, () => clients.Done, clients.RunAsync(stop)).ConfigureAwait(false);
        var elapsed = clock.Elapsed;
        if (page is not null)
            counts = await LingerAsync(clients, page, stop).ConfigureAwait(false);
        await WhenTargetHasThemAsync(online, target, page is null ? stop : CancellationToken.None).ConfigureAwait(false);
        await copier.StopAsync().ConfigureAwait(false);
        await interceptor.StopAsync().ConfigureAwait(false);

        Print(online.Requests, target.Requests, counts, requests, elapsed);
        if (online.Requests > target.Requests)
            Console.WriteLine(string.Join('\n', [.. copier.Output, .. copier.Log, .. interceptor.Output, .. interceptor.Log]));
        return IsWhole(online.Requests, target.Requests, counts);
    }

    /// <summary>A little traffic, and the page that shows it, until Ctrl-C.</summary>
    internal static async Task<ClientCounts> LingerAsync(DemoClients clients, DemoPage page, CancellationToken stop)
    {
        string[] nodes = [$"{IPAddress.Loopback}:{HttpSettings.DefaultPort}", InterceptorHttp];
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] parts =
        [
            page.ServeAsync(nodes, address => Console.WriteLine($"the page is at {address}; Ctrl-C ends the demo"), end.Token),
            clients.LingerAsync(end.Token),
        ];
        // The clients have no end of their own, and nobody would hear why there is no page.
        await Task.WhenAny(parts).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(parts).ConfigureAwait(false);
        return clients.Counts;
    }

    /// <summary>Returns when the target has seen all that the online server has, or has seen nothing new for a while.</summary>
    private static async Task WhenTargetHasThemAsync(DemoServer online, DemoServer target, CancellationToken stop)
    {
        var (seen, since) = (target.Requests, Stopwatch.StartNew());
        while (seen < online.Requests && since.Elapsed < Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), stop).ConfigureAwait(false);
            if (target.Requests == seen)
                continue;
            seen = target.Requests;
            since.Restart();
        }
    }

    private static void Print(int online, int target, ClientCounts counts, int timed, TimeSpan elapsed)
    {
        SummaryRow[] rows =
        [
            SummaryRow.Of("requests", "online", online),
            SummaryRow.Of("requests", "at the target", target),
            SummaryRow.Of("requests", "lost", online - target),
            SummaryRow.Of("clients", "answers of the online server", counts.Answered),
            SummaryRow.Of("clients", "answers of the target (must be 0)", counts.Strays),
            SummaryRow.Of("clients", "requests without an answer", counts.Failed),
            new("time", "seconds", elapsed.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)),
            new("time", "requests a second", (timed / elapsed.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)),
        ];
        const string Title = "tcpcopy demo";
        if (Console.IsOutputRedirected)
            SummaryTable.PrintPlain(Console.Out, Title, rows);
        else
            SummaryTable.Print(AnsiConsole.Console, Title, rows);
    }
}
