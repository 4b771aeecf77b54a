using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier;
using TcpCopy.Interceptor;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Cli.Commands;

/// <summary>
/// <c>tcpcopy rules apply|verify|remove|show</c>: the rules that a node needs on its host, changed by a process that lives for a moment, so that the
/// node need not have the right to. Also what takes away the leftovers of a killed node.
/// </summary>
internal static class RulesCommand
{
    public const string Name = "rules";

    private const string OfInterceptor = "interceptor";
    private const string OfCopier = "copier";

    private static readonly Option<string> Of = MakeOf();

    private static readonly Option<bool> Inside = new("--inside") { Hidden = true };

    /// <summary>What can be asked of a node's rules.</summary>
    private enum Verb
    {
        Apply,
        Verify,
        Remove,
        Show,
    }

    public static Command Build()
    {
        var command = new Command(Name, "Install, check, remove or show the rules that nodes need on this host, for nodes that run with --rules outside.")
        {
            MakeVerb(Verb.Apply, "Install the rules and leave them there; prints each change."),
            MakeVerb(Verb.Verify, "See whether the rules are there and as they were applied; changes nothing."),
            MakeVerb(Verb.Show, "Print what apply would do to a host that has no such rules yet; changes nothing."),
        };
        const string Removing = "Remove applied rules and what killed nodes left, of both kinds of node unless --of names one; prints each change.";
        var remove = new Command("remove", Removing) { Of };
        remove.SetAction(words => Run(() => Print(() => Remove(words.GetValue(Of)), "removed")));
        command.Add(remove);
        return command;
    }

    private static Command MakeVerb(Verb verb, string description)
    {
        var command = new Command(verb.ToString().ToLowerInvariant(), description) { Of, NodeOptions.Ports, NodeOptions.Transfers, NodeOptions.ConfigPath };
        if (verb == Verb.Show)
            command.Add(Inside);
        command.SetAction(words => Run(() => Execute(verb, words)));
        return command;
    }

    private static void Execute(Verb verb, ParseResult words)
    {
        if (words.GetValue(Of) == OfCopier)
        {
            var copier = SettingsReader.ReadCopier(Layer(words, isCopier: true));
            Execute(verb, words, () => CopierRules.Apply(copier), () => CopierRules.Verify(copier), $"for {string.Join(", ", copier.Transfers)}");
        }
        else
        {
            var interceptor = SettingsReader.ReadInterceptor(Layer(words, isCopier: false));
            Execute(
                verb, words, () => InterceptorRules.Apply(interceptor), () => InterceptorRules.Verify(interceptor),
                $"for port {string.Join(", ", interceptor.Ports)}");
        }
    }

    private static void Execute(Verb verb, ParseResult words, Action apply, Action verify, string what)
    {
        switch (verb)
        {
            case Verb.Apply:
                Print(apply, $"applied {what}");
                break;
            case Verb.Verify:
                verify();
                Say($"rules are there {what}");
                break;
            case Verb.Show:
                // In a network of its own, which goes away with this process: what it prints is what it does.
                if (!words.GetValue(Inside))
                    PrivateNamespaces.EnterAndRestart();
                Print(apply, $"shown {what}; nothing of this host was changed");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(verb));
        }
    }

    private static void Remove(string? kind)
    {
        if (kind != OfCopier)
            InterceptorRules.Remove();
        if (kind != OfInterceptor)
            CopierRules.Remove();
    }

    /// <summary>The settings of the node that the rules are for, whose rules are made outside of it: that asks for ports from the start.</summary>
    private static Akka.Configuration.Config Layer(ParseResult words, bool isCopier)
    {
        var flags = new FlagSettings();
        flags.Text("tcpcopy.node.rules", "outside");
        flags.List("tcpcopy.intercept.ports", words.GetValue(NodeOptions.Ports));
        flags.List("tcpcopy.copier.transfers", words.GetValue(NodeOptions.Transfers));
        // Whom the copier talks to makes no difference to its rules, and its reader asks for somebody.
        if (isCopier)
            flags.List("tcpcopy.node.seeds", ["127.0.0.1"]);
        return NodeConfig.Layer(flags.ToConfig(), words.GetValue(NodeOptions.ConfigPath) is { } path ? ConfigFile.Load(path) : null);
    }

    private static int Run(Action action)
    {
        try
        {
            action();
            return ExitCode.Clean;
        }
        catch (Exception e) when (NodeRun.IsBadInput(e))
        {
            NodeRun.Complain(e is SettingsException settings ? FlagSettings.Describe(settings) : e.Message);
            return ExitCode.BadInput;
        }
    }

    private static void Print(Action change, string done)
    {
        SystemCommand.Watch(PrintChange, change);
        Say($"rules {done}");
    }

    private static void PrintChange(string commandLine, string input)
    {
        if (IsQuestion(commandLine))
            return;
        Console.Out.WriteLine(input.Length == 0 ? commandLine : $"{commandLine} <<'END'\n{input.TrimEnd()}\nEND");
    }

    private static bool IsQuestion(string commandLine) => commandLine.Split(' ').Any(word => word is "show" or "list" or "-S");

    private static void Say(string text) => Console.Out.WriteLine($"tcpcopy: {text}");

    private static Option<string> MakeOf()
    {
        var option = new Option<string>("--of") { Description = "Whose rules: interceptor (default) or copier", HelpName = "NODE" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } node and not (OfInterceptor or OfCopier))
                result.AddError($"--of {node}: give {OfInterceptor} or {OfCopier}");
        });
        return option;
    }
}
