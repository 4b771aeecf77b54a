using Akka.Event;

namespace TcpCopy.Cli.Logging;

/// <summary>
/// Keeps Akka's own voice down, since nodes say themselves what matters of it: its steps are for debugging alone, and a warning that it repeats (an
/// unreachable address is tried every other second, with three warnings each time) is shown now and then.
/// </summary>
internal sealed class LogSieve(string level)
{
    private const int MostRemembered = 256;

    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(30);

    private readonly bool _isDebug = level.Equals("DEBUG", StringComparison.OrdinalIgnoreCase);
    private readonly Dictionary<string, DateTime> _shown = [];

    /// <summary>False: it is not to be shown.</summary>
    public bool Passes(LogEvent logEvent, DateTime now)
    {
        if (_isDebug || !LogLine.IsAkkas(logEvent))
            return true;
        if (logEvent.LogLevel() < Akka.Event.LogLevel.WarningLevel)
            return false;
        // Attempts and ports count up: without their digits repetitions are the same.
        var kind = string.Concat($"{logEvent.Message}".Where(letter => !char.IsAsciiDigit(letter)));
        if (_shown.TryGetValue(kind, out var last) && now - last < RepeatAfter)
            return false;
        if (_shown.Count >= MostRemembered)
            _shown.Clear();
        _shown[kind] = now;
        return true;
    }
}
