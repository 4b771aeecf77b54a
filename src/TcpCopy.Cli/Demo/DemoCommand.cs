using System.CommandLine;
using System.Globalization;
using TcpCopy.Cli.Commands;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;
using TcpCopy.Contracts.Settings;

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

    private static readonly Option<string> Page = new("--web")
    {
        Description = $"Serve the web page as well, and stay up with a little traffic until Ctrl-C. Default: {PageSettings.Standard}",
        HelpName = "ADDR:PORT",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Descriptor of the page's socket, once it is in its namespaces; not for people.</summary>
    private static readonly Option<int?> Descriptor = new("--page-socket") { Hidden = true };

    public static Command Build()
    {
        var command = new Command(Name, "Show it at work on this machine alone: two servers, a copier, an interceptor and clients.")
        {
            Requests, Page, Inside, Descriptor,
        };
        command.SetAction((words, _) => Verb.RunAsync(() => RunAsync(words)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult words)
    {
        var settings = words.GetResult(Page) is null ? null : PageSettings.Read(Page.Name, words.GetValue(Page), file: null);
        HostChecks.ForInterceptor(new InterceptorSettings { Node = new NodeSettings() });
        if (!words.GetValue(Inside))
            Enter(settings);
        using var signals = new StopSignals();
        var page = settings is null || words.GetValue(Descriptor) is not { } descriptor ? null : new DemoPage(settings, descriptor);
        return await DemoRun.RunAsync(words.GetValue(Requests), page, signals.Token).ConfigureAwait(false);
    }

    /// <summary>Into namespaces of its own; the page's socket stays in the machine's.</summary>
    private static void Enter(HttpSettings? settings)
    {
        if (settings is null)
        {
            PrivateNamespaces.EnterAndRestart();
            return;
        }
        using var socket = PageSocket.Open(settings);
        var descriptor = (int)socket.Handle;
        PrivateNamespaces.EnterAndRestart(descriptor, Descriptor.Name, descriptor.ToString(CultureInfo.InvariantCulture));
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
