using System.Globalization;
using Akka.Event;
using LogLevel = Akka.Event.LogLevel;

namespace TcpCopy.Cli.Logging;

/// <summary>One event, one line: time, level, source, text.</summary>
internal static class LogLine
{
    private const string UserPath = "/user/";
    private const string SystemPath = "/system/";

    /// <summary>JSON in place of text, for the whole process: also before its actors run.</summary>
    public static bool IsJson { get; set; }

    public static string Of(LogEvent logEvent)
    {
        var (level, source) = (NameOf(logEvent.LogLevel()), SourceOf(logEvent.LogSource));
        return IsJson
            ? JsonLine.Of(logEvent, level, source, OneLine(FirstLineOfAkkas(logEvent)))
            : string.Create(CultureInfo.InvariantCulture, $"{logEvent.Timestamp:HH:mm:ss.fff} {level,-7} {source}: {TextOf(logEvent)}");
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.DebugLevel => "debug",
        LogLevel.InfoLevel => "info",
        LogLevel.WarningLevel => "warning",
        _ => "error",
    };

    /// <summary>True for what Akka itself says: not from an actor below /user, a class of ours, or the system as we use it.</summary>
    public static bool IsAkkas(LogEvent logEvent) =>
        logEvent.LogClass?.Namespace?.StartsWith(nameof(TcpCopy), StringComparison.Ordinal) != true
        && !logEvent.LogSource.Contains(UserPath, StringComparison.Ordinal)
        && !logEvent.LogSource.StartsWith(nameof(Akka.Actor.ActorSystem), StringComparison.Ordinal);

    /// <summary>Of an actor's path what lies below /user, or the first name below /system; of "name (address)" the name.</summary>
    private static string SourceOf(string source)
    {
        if (source.IndexOf(UserPath, StringComparison.Ordinal) is >= 0 and var user)
            return UpTo(source[(user + UserPath.Length)..], "# ]");
        if (source.IndexOf(SystemPath, StringComparison.Ordinal) is >= 0 and var system)
            return UpTo(source[(system + SystemPath.Length)..], "/# ]");
        return UpTo(source, "# ]").Trim('[', ']');
    }

    private static string UpTo(string text, string ends)
    {
        var end = text.AsSpan().IndexOfAny(ends);
        return end > 0 ? text[..end] : text;
    }

    // Akka's remoting puts whole stack traces into the text of its warnings; their first line says what happened. Of our own errors the
    // trace is what matters: it stays, on the same line.
    private static string TextOf(LogEvent logEvent)
    {
        var text = $"{logEvent.Message}";
        if (IsAkkas(logEvent))
            return FirstLine(logEvent.Cause is null ? text : $"{text} ({logEvent.Cause.GetType().Name}: {logEvent.Cause.Message})");
        return OneLine(logEvent.Cause is null ? text : $"{text}: {logEvent.Cause}");
    }

    private static string FirstLineOfAkkas(LogEvent logEvent) => IsAkkas(logEvent) ? FirstLine($"{logEvent.Message}") : $"{logEvent.Message}";

    private static string FirstLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    private static string OneLine(string text) =>
        string.Join(" | ", text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
