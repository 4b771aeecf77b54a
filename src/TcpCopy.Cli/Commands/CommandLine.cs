using System.CommandLine;
using System.CommandLine.Help;
using TcpCopy.Cli.Demo;
using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Commands;

/// <summary>The verbs, and the way from words to an exit code.</summary>
internal static class CommandLine
{
    /// <returns>The process's exit code (<see cref="ExitCode"/>).</returns>
    public static Task<int> RunAsync(string[] words)
    {
        var root = Build();
        try
        {
            if (ClassicForm.IsMeant(words, root.Subcommands.Select(verb => verb.Name)))
                words = ClassicForm.Translate(words);
        }
        catch (FormatException e)
        {
            NodeRun.Complain(e.Message);
            return Task.FromResult(ExitCode.BadInput);
        }
        var parsed = root.Parse(words);
        if (parsed.Errors.Count > 0 && parsed.Action is not (HelpAction or HelpWithExamples))
        {
            foreach (var error in parsed.Errors)
                NodeRun.Complain($"{error.Message.TrimEnd('.')}. Try 'tcpcopy -h'.");
            return Task.FromResult(ExitCode.BadInput);
        }
        // Signals are StopSignals' business: the library's own handling would cut the clean-up short.
        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    public static RootCommand Build()
    {
        var root = new RootCommand("Copies live TCP traffic of an online host to a target, whose replies never reach the clients.")
        {
            InterceptCommand.Build(),
            CopyCommand.Build(),
            DemoCommand.Build(),
            StatusCommand.Build(),
            TopCommand.Build(),
            WebCommand.Build(),
            ReportCommand.Build(),
            ResumeCommand.Build(),
            CertsCommand.Build(),
            RulesCommand.Build(),
        };
        foreach (var option in root.Options)
        {
            if (option is VersionOption)
                option.Aliases.Add("-v");
            if (option is HelpOption { Action: HelpAction help })
                option.Action = new HelpWithExamples(help);
        }
        root.SetAction(parsed =>
        {
            NodeRun.Complain("say what to do: intercept, copy, demo, status, top, web, report, resume, certs or rules. Try 'tcpcopy -h'.");
            return ExitCode.BadInput;
        });
        return root;
    }
}
