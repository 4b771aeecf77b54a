using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;

namespace TcpCopy.Cli.Commands;

/// <summary>The options of verbs that ask nodes over HTTP.</summary>
internal static class NodeClientOptions
{
    /// <summary>Where the token stands when no file is given.</summary>
    public const string TokenVariable = "TCPCOPY_TOKEN";

    public static readonly Argument<string[]> Nodes = new("node")
    {
        Description = "Where a node serves HTTP: host[:port] or an https:// address. Default: this host's, 127.0.0.1:9636",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static readonly Option<string> TokenFile = new("--token-file")
    {
        Description = $"File whose first line is the nodes' token. Default: the variable {TokenVariable}",
        HelpName = "FILE",
    };

    public static readonly Option<string> Authority = new("--ca")
    {
        Description = "PEM file of the authority that signed the nodes' certificates",
        HelpName = "FILE",
    };

    public static readonly Option<string> Certificate = new("--cert")
    {
        Description = "PEM file of the certificate to show to nodes that demand one",
        HelpName = "FILE",
    };

    public static readonly Option<string> Key = new("--key")
    {
        Description = "PEM file of its key",
        HelpName = "FILE",
    };

    /// <summary>A verb that asks nodes.</summary>
    /// <param name="name">Of the verb.</param>
    /// <param name="description">What it does.</param>
    /// <param name="nodes">Which ones.</param>
    /// <param name="run">Does it; returns the exit code.</param>
    /// <param name="own">Options that other verbs do not have.</param>
    public static Command NewVerb(
        string name, string description, Argument<string[]> nodes, Func<ParseResult, CancellationToken, Task<int>> run, params Option[] own)
    {
        var command = new Command(name, description) { nodes };
        foreach (var option in (Option[])[.. own, TokenFile, Authority, Certificate, Key])
            command.Add(option);
        command.SetAction((words, cancel) => Verb.RunAsync(() => run(words, cancel)));
        return command;
    }

    /// <exception cref="HostException">A file cannot be used, or an address is none.</exception>
    public static IReadOnlyList<NodeClient> Open(ParseResult words) => [.. Named(words.GetValue(Nodes)).Select(node => Open(words, node))];

    /// <summary>Those that were named; this host's node where none was.</summary>
    public static IReadOnlyList<string> Named(string[]? given) => given is { Length: > 0 } ? given : ["127.0.0.1"];

    /// <exception cref="HostException">A file cannot be used, or the address is none.</exception>
    public static NodeClient Open(ParseResult words, string node)
    {
        var token = words.GetValue(TokenFile) is { } file ? Access.ReadToken(file) : ReadVariable();
        var trust = new ClientTrust(token, words.GetValue(Authority), words.GetValue(Certificate), words.GetValue(Key));
        return new NodeClient(node, trust);
    }

    /// <summary>Its first line, as of a file: who put it there may have taken it from one, line break and all.</summary>
    private static string? ReadVariable()
    {
        using var lines = new StringReader(Environment.GetEnvironmentVariable(TokenVariable)?.Trim() ?? "");
        return lines.ReadLine()?.TrimEnd();
    }
}
