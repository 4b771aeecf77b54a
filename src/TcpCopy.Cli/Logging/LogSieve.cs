using Akka.Event;

namespace TcpCopy.Cli.Logging;

/// <summary>
/// Keeps Akka's own voice down, since nodes say themselves what matters of it: its steps are for debugging alone, and a warning that it repeats (an
/// unreachable address is tried every other second, with three warnings each time) is shown now and then. Of our own lines a flood of the same is cut short.
/// </summary>
internal sealed class LogSieve(string level)
{
    private const int MostRemembered = 256;

    private const int MostOfAKind = 20;

    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly bool _isDebug = level.Equals("DEBUG", StringComparison.OrdinalIgnoreCase);
    private readonly Dictionary<string, DateTime> _shown = [];
    private readonly Dictionary<string, (DateTime Since, int Count)> _own = [];

    /// <summary>Lines like the one that passed last, left out before it.</summary>
    public int LeftOut { get; private set; }

    /// <summary>False: it is not to be shown.</summary>
    public bool Passes(LogEvent logEvent, DateTime now)
    {
        LeftOut = 0;
        if (_isDebug)
            return true;
        if (!LogLine.IsAkkas(logEvent))
            return IsNoFlood(logEvent, now);
        if (logEvent.LogLevel() < Akka.Event.LogLevel.WarningLevel)
            return false;
        var kind = KindOf(logEvent);
        if (_shown.TryGetValue(kind, out var last) && now - last < RepeatAfter)
            return false;
        if (_shown.Count >= MostRemembered)
            _shown.Clear();
        _shown[kind] = now;
        return true;
    }

    private bool IsNoFlood(LogEvent logEvent, DateTime now)
    {
        var kind = KindOf(logEvent);
        if (!_own.TryGetValue(kind, out var window) || now - window.Since >= Window)
        {
            LeftOut = Math.Max(0, window.Count - MostOfAKind);
            if (_own.Count >= MostRemembered)
                _own.Clear();
            window = (now, 0);
        }
        _own[kind] = window with { Count = window.Count + 1 };
        return window.Count < MostOfAKind;
    }

    /// <summary>Attempts and ports count up: without their digits repetitions are the same.</summary>
    private static string KindOf(LogEvent logEvent) => string.Concat($"{logEvent.Message}".Where(letter => !char.IsAsciiDigit(letter)));
}
