using System.CommandLine;
using Spectre.Console;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Views;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy top</c>: nodes, rates, losses, times and the busiest sessions, live.</summary>
internal static class TopCommand
{
    public const string Name = "top";

    private const int MostFrames = 1_000_000;
    private const int PlainWidth = 120;

    private static readonly Option<double> Interval = MakeInterval();
    private static readonly Option<int> Frames = MakeFrames();

    public static Command Build() => NodeClientOptions.NewVerb(
        Name, "Watch running nodes: rates, losses, times, and the busiest sessions.", NodeClientOptions.Nodes, RunAsync, Interval, Frames);

    private static async Task<int> RunAsync(ParseResult words, CancellationToken _)
    {
        using var signals = new StopSignals();
        var nodes = NodeClientOptions.Open(words).Select(client => new WatchedNode(client, TopFrame.SessionsShown)).ToList();
        var frames = words.GetValue(Frames) is > 0 and var wanted ? wanted : int.MaxValue;
        var interval = TimeSpan.FromSeconds(words.GetValue(Interval));
        if (Console.IsOutputRedirected)
        {
            // What is no terminal has no width of its own.
            AnsiConsole.Profile.Width = PlainWidth;
            await ShowAsync(nodes, interval, frames, AnsiConsole.Write, signals.Token).ConfigureAwait(false);
        }
        else
        {
            await AnsiConsole.Live(new Text(""))
                .StartAsync(live => ShowAsync(nodes, interval, frames, live.UpdateTarget, signals.Token)).ConfigureAwait(false);
        }
        return nodes.Any(node => node.Fault is not null) ? ExitCode.Failure : ExitCode.Clean;
    }

    private static Option<double> MakeInterval()
    {
        var option = new Option<double>("--interval", "-d")
        {
            Description = "Seconds between two looks",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 1,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0.1 and <= 3600))
                result.AddError("--interval: give seconds from 0.1 to 3600");
        });
        return option;
    }

    private static Option<int> MakeFrames()
    {
        var option = new Option<int>("--frames", "-n") { Description = "End after so many looks. Default: at Ctrl-C", HelpName = "COUNT" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostFrames)
                result.AddError($"--frames: give a number from 1 to {MostFrames}");
        });
        return option;
    }

    private static async Task ShowAsync(
        List<WatchedNode> nodes, TimeSpan interval, int frames, Action<Spectre.Console.Rendering.IRenderable> show, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(interval);
        try
        {
            for (var frame = 0; frame < frames; frame++)
            {
                // The first look has no rates yet: what it counts from is the beginning.
                if (frame > 0)
                    await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
                await Task.WhenAll(nodes.Select(node => node.LookAsync(stop))).ConfigureAwait(false);
                show(TopFrame.Of(nodes, DateTime.Now));
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C: the last picture stays.
        }
    }
}
