using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Commands;

/// <summary>The life of a verb that is no node: what is wrong becomes a line on stderr and an exit code.</summary>
internal static class Verb
{
    /// <param name="work">Returns the exit code.</param>
    public static async Task<int> RunAsync(Func<Task<int>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception error) when (NodeRun.IsBadInput(error))
        {
            NodeRun.Complain(error.Message);
            return ExitCode.BadInput;
        }
        catch (NodeClientException error)
        {
            NodeRun.Complain(error.Message);
            return ExitCode.Failure;
        }
    }
}
