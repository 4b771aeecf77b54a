using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// Runs many seeds of a class. Environment: <c>TCPCOPY_SEEDS</c> how many (2,000), <c>TCPCOPY_FIRST_SEED</c> from which on (1), <c>TCPCOPY_CLASS</c>
/// which class alone; <c>TCPCOPY_TRACE</c> prints the packets of a single seed. <c>scripts/soak.sh</c> sets them.
/// </summary>
public static class SeedSweep
{
    private const int SeedsInCi = 2_000;
    private const int FailuresShown = 5;

    /// <summary>The class that alone is asked for; null for all.</summary>
    public static string? OnlyClass => Environment.GetEnvironmentVariable("TCPCOPY_CLASS");

    /// <summary>Whether somebody follows the figures: the sweep is no ordinary test run.</summary>
    private static bool IsSoaking => Environment.GetEnvironmentVariable("TCPCOPY_SEEDS") is not null;

    /// <exception cref="PropertyException">Seeds failed: which, why, and how each is run again alone.</exception>
    public static void Run(NetworkClass kind)
    {
        var first = Number("TCPCOPY_FIRST_SEED", 1);
        var count = Number("TCPCOPY_SEEDS", SeedsInCi);
        var failures = new ConcurrentBag<(int Seed, string Problem)>();
        var watch = Stopwatch.StartNew();
        Parallel.For(0, count, index =>
        {
            var seed = unchecked(first + index);
            if (Problem(kind, seed) is { } problem)
                failures.Add((seed, problem));
        });
        if (IsSoaking)
            Console.WriteLine(Invariant($"soak {kind.Name} {first} {count} {failures.Count} {count / watch.Elapsed.TotalSeconds:0}"));
        if (!failures.IsEmpty)
            throw new PropertyException(Describe(kind, count, failures));
    }

    private static string? Problem(NetworkClass kind, int seed)
    {
        var trace = Environment.GetEnvironmentVariable("TCPCOPY_TRACE") is null ? null : new StringWriter(CultureInfo.InvariantCulture);
        try
        {
            kind.Run(seed, trace);
            return null;
        }
        catch (PropertyException exception)
        {
            return exception.Message;
        }
        catch (Exception exception)
        {
            // Whatever an engine throws is the failure of its seed, and the other seeds go on.
            return exception.ToString();
        }
        finally
        {
            if (trace is not null)
                Console.Write(trace);
        }
    }

    private static string Describe(NetworkClass kind, int count, ConcurrentBag<(int Seed, string Problem)> failures)
    {
        var text = new StringBuilder(Invariant($"{failures.Count} of {count} seeds of the class {kind.Name} failed"));
        foreach (var (seed, problem) in failures.OrderBy(failure => failure.Seed).Take(FailuresShown))
            text.Append(Invariant($"\nseed {seed}: {problem}\n  alone, with its packets: scripts/soak.sh {kind.Name} seed {seed}"));
        return text.ToString();
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
