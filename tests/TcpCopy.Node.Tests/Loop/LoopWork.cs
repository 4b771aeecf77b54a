using TcpCopy.Node.Loop;

namespace TcpCopy.Node.Tests.Loop;

/// <summary>A test's own work on a loop.</summary>
internal static class LoopWork
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Does it in one turn of the loop.</summary>
    /// <returns>What it returned, or its exception.</returns>
    public static Task<T> OnLoopAsync<T>(this EventLoop loop, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Execute(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task.WaitAsync(Patience);
    }
}
