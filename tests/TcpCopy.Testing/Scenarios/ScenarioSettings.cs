using System.Globalization;
using TcpCopy.Core.Session;

namespace TcpCopy.Testing.Scenarios;

/// <summary>"settings: pacing=none give-up-after=10": the names of the configuration; times in seconds, sizes in bytes.</summary>
internal static class ScenarioSettings
{
    /// <exception cref="FormatException">An unknown name, or a value that is none.</exception>
    public static SessionSettings Parse(string text)
    {
        var settings = new SessionSettings();
        foreach (var pair in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=') is [var left, var right] ? (left, right) : throw new FormatException($"'{pair}' is no name=value");
            settings = name switch
            {
                "pacing" => settings with { Pacing = Enum.Parse<PacingMode>(value, ignoreCase: true) },
                "congestion-window" => settings with { CongestionWindow = value == "on" },
                "full-sessions-only" => settings with { FullSessionsOnly = value == "on" },
                "reopen-on-target-close" => settings with { ReopenOnTargetClose = value == "on" },
                "max-buffered" => settings with { MaxBufferedBytes = int.Parse(value, CultureInfo.InvariantCulture) },
                "mss" => settings with { MaxSegmentSize = int.Parse(value, CultureInfo.InvariantCulture) },
                "syn-timeout" => settings with { SynTimeout = Seconds(value) },
                "min-rto" => settings with { MinimumRto = Seconds(value) },
                "give-up-after" => settings with { GiveUpAfter = Seconds(value) },
                "reply-wait" => settings with { ReplyWait = Seconds(value) },
                "settle" => settings with { Settle = Seconds(value) },
                "delayed-ack" => settings with { DelayedAck = Seconds(value) },
                "time-wait" => settings with { TimeWait = Seconds(value) },
                "gap-wait" => settings with { GapWait = Seconds(value) },
                "idle-timeout" => settings with { IdleTimeout = Seconds(value) },
                _ => throw new FormatException($"'{name}' is no setting of a session"),
            };
        }
        return settings;
    }

    private static TimeSpan Seconds(string value) => TimeSpan.FromSeconds(double.Parse(value, CultureInfo.InvariantCulture));
}
