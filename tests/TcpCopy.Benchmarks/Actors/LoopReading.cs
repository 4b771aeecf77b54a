using TcpCopy.Node.Loop;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Reads what only a loop's own thread knows, such as how much it has allocated.</summary>
internal static class LoopReading
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    /// <summary>Runs something on the loop, behind what is queued there, and waits for its result.</summary>
    public static T Read<T>(EventLoop loop, Func<T> read)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        // From another thread it would go first; told by the loop itself it has its turn behind the mailboxes that are queued.
        loop.Execute(() => loop.Execute(() => loop.Execute(() => result.SetResult(read()))));
        return result.Task.Wait(Bound) ? result.Task.Result : throw new TimeoutException("the loop does not turn");
    }

    /// <summary>Bytes that the loop's thread has allocated so far.</summary>
    public static long Allocated(EventLoop loop) => Read(loop, GC.GetAllocatedBytesForCurrentThread);
}
