namespace TcpCopy.Testing.Processes;

/// <summary>What work allocates on its own thread.</summary>
public static class Allocations
{
    private const int Rounds = 3;

    /// <summary>
    /// Bytes in the best of a few rounds. What the work allocates it allocates in each; what the runtime needs now and then - a larger table for casts, say, on
    /// the thread that happens to be there - is in one.
    /// </summary>
    public static long Of(Action work) => Of(work, static work => work());

    /// <summary>The same of work on what no lambda can hold on to, such as a captured frame.</summary>
    public static long Of<T>(T subject, Action<T> work)
        where T : allows ref struct
    {
        var best = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work(subject);
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return best;
    }
}
