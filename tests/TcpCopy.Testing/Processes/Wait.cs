using System.Diagnostics;

namespace TcpCopy.Testing.Processes;

/// <summary>Waits for conditions of the world outside, each with a bound that only a broken run reaches.</summary>
public static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns when <paramref name="condition"/> holds.</summary>
    /// <param name="condition">Looked at every 20 ms.</param>
    /// <param name="bound">How long it may take.</param>
    /// <param name="what">What is waited for; asked anew at the end, so that it can tell how things stand then.</param>
    /// <exception cref="TimeoutException">The condition did not come to hold.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan bound, Func<string> what)
    {
        if (!await IsMetAsync(condition, bound))
            throw new TimeoutException($"not within {bound.TotalSeconds:0} s: {what()}");
    }

    /// <summary>Waits until <paramref name="condition"/> holds, or for so long in vain: then it returns false.</summary>
    public static async Task<bool> IsMetAsync(Func<Task<bool>> condition, TimeSpan bound)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > bound)
                return false;
            await Task.Delay(Pause);
        }
        return true;
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, TimeSpan, Func{string})"/>
    public static Task UntilAsync(Func<bool> condition, TimeSpan bound, Func<string> what) =>
        UntilAsync(() => Task.FromResult(condition()), bound, what);
}
