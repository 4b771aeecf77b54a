using System.CommandLine;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy resume</c>: copying that stopped because replies escaped goes on at once, without waiting for a probe.</summary>
internal static class ResumeCommand
{
    public const string Name = "resume";

    public static Command Build()
    {
        var command = new Command(Name, "Let copiers open replicas again that stopped it because replies escaped, as soon as the cause is mended.");
        NodeClientOptions.AddTo(command);
        command.SetAction((words, cancel) => RunAsync(words, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult words, CancellationToken cancel)
    {
        try
        {
            foreach (var node in NodeClientOptions.Open(words))
            {
                using (node)
                    Say(node.Name, await node.ResumeAsync(cancel).ConfigureAwait(false));
            }
            return ExitCode.Clean;
        }
        catch (HostException e)
        {
            NodeRun.Complain(e.Message);
            return ExitCode.BadInput;
        }
        catch (NodeClientException e)
        {
            NodeRun.Complain(e.Message);
            return ExitCode.Failure;
        }
    }

    private static void Say(string node, ResumeAnswer answer) =>
        Console.Out.WriteLine($"tcpcopy: {node}: {(answer.Resumed ? "sessions are copied again" : "copying was not stopped")}");
}
