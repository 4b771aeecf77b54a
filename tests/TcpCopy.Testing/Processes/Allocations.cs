namespace TcpCopy.Testing.Processes;

/// <summary>What work allocates on its own thread.</summary>
public static class Allocations
{
    private const int Rounds = 3;

    /// <summary>
    /// Bytes in the best of a few rounds. What the work allocates it allocates in each; what the runtime needs now and then - a larger table for casts, say, on
    /// the thread that happens to be there - is in one.
    /// </summary>
    public static long Of(Action work) => Enumerable.Range(0, Rounds).Min(_ => Once(work));

    private static long Once(Action work)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
