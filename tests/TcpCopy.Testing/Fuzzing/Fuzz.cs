using System.Diagnostics;
using System.Globalization;

namespace TcpCopy.Testing.Fuzzing;

/// <summary>
/// Runs a check on input after input, each made from a seed of its own. In an ordinary test run a fixed number of them;
/// <c>TCPCOPY_FUZZ_SECONDS</c> (scripts/fuzz.sh) goes on for that long with seeds never tried before, and <c>TCPCOPY_FUZZ_SEED</c> repeats one alone.
/// </summary>
public static class Fuzz
{
    /// <param name="inputs">How many in an ordinary run.</param>
    /// <param name="check">Makes its input from the random numbers and throws when it is handled wrongly.</param>
    /// <returns>What was run, for the test's output.</returns>
    /// <exception cref="FuzzException">The check threw; says for which seed.</exception>
    public static string Run(int inputs, Action<Random> check)
    {
        if (Variable("TCPCOPY_FUZZ_SEED") is { } only)
        {
            Try(only, check);
            return $"seed {only}";
        }
        var seconds = Variable("TCPCOPY_FUZZ_SECONDS");
        var first = seconds is null ? 0 : Random.Shared.Next();
        var watch = Stopwatch.StartNew();
        long count = 0;
        while (seconds is null ? count < inputs : watch.Elapsed.TotalSeconds < seconds)
            Try(unchecked((int)(first + count++)), check);
        return string.Create(CultureInfo.InvariantCulture, $"{count} inputs in {watch.Elapsed.TotalSeconds:0} s");
    }

    private static void Try(int seed, Action<Random> check)
    {
        try
        {
            check(new Random(seed));
        }
        catch (Exception error)
        {
            throw new FuzzException($"seed {seed} fails; alone: TCPCOPY_FUZZ_SEED={seed}", error);
        }
    }

    private static int? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}

/// <summary>An input was handled wrongly.</summary>
public sealed class FuzzException(string message, Exception inner) : Exception(message, inner);
