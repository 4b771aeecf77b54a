using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy resume</c>: copying that stopped because replies escaped goes on at once, without waiting for a probe.</summary>
internal static class ResumeCommand
{
    public const string Name = "resume";

    public static Command Build() => NodeClientOptions.NewVerb(
        Name, "Let copiers open replicas again that stopped it because replies escaped, as soon as the cause is mended.", NodeClientOptions.Nodes, RunAsync);

    private static async Task<int> RunAsync(ParseResult words, CancellationToken cancel)
    {
        foreach (var node in NodeClientOptions.Open(words))
        {
            using (node)
                Say(node.Name, await node.ResumeAsync(cancel).ConfigureAwait(false));
        }
        return ExitCode.Clean;
    }

    private static void Say(string node, ResumeAnswer answer) =>
        Console.Out.WriteLine($"tcpcopy: {node}: {(answer.Resumed ? "sessions are copied again" : "copying was not stopped")}");
}
