using System.CommandLine;
using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Demo;

/// <summary><c>tcpcopy demo</c>: everything on this machine.</summary>
internal static class DemoCommand
{
    public const string Name = "demo";

    private const int DefaultRequests = 5000;
    private const int MostRequests = 1_000_000;

    private static readonly Option<int> Requests = MakeRequests();

    /// <summary>How the demo calls itself once it is in its namespaces; not for people.</summary>
    private static readonly Option<bool> Inside = new("--inside") { Hidden = true };

    public static Command Build()
    {
        var command = new Command(Name, "Show it at work on this machine alone: two servers, a copier, an interceptor and clients.") { Requests, Inside };
        command.SetAction((words, _) => RunAsync(words));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult words)
    {
        try
        {
            HostChecks.ForInterceptor();
            if (!words.GetValue(Inside))
                PrivateNamespaces.EnterAndRestart();
            using var signals = new StopSignals();
            return await DemoRun.RunAsync(words.GetValue(Requests), signals.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (NodeRun.IsBadInput(e))
        {
            NodeRun.Complain(e.Message);
            return ExitCode.BadInput;
        }
    }

    private static Option<int> MakeRequests()
    {
        var option = new Option<int>("--requests", "-n")
        {
            Description = "How many requests the clients send",
            HelpName = "COUNT",
            DefaultValueFactory = _ => DefaultRequests,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostRequests)
                result.AddError($"-n: give a number of requests from 1 to {MostRequests}.");
        });
        return option;
    }
}
