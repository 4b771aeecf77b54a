using Akka.Event;
using TcpCopy.Contracts.Api;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// A line for each session that did not end well, and when debugging for every one: its key and its outcome, never what it carried. A flood of the same
/// outcome is shown by its first lines and a count. Loop thread only.
/// </summary>
/// <param name="log">Where lines go.</param>
/// <param name="timer">Its owner calls <see cref="OnWindowOver"/> when it fires.</param>
internal sealed class SessionLog(ILoggingAdapter log, LoopTimer timer)
{
    private const int LinesPerWindow = 10;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly IReadOnlyList<string> Names = ApiName.All<SessionOutcome>();

    private readonly int[] _lines = new int[Names.Count];
    private bool _isWindowOpen;

    public void OnEnded(SessionEntry entry, SessionOutcome outcome, in SessionTally tally, Instant now)
    {
        if (outcome is SessionOutcome.Replayed or SessionOutcome.Stopped or SessionOutcome.SampledOut)
        {
            if (log.IsDebugEnabled)
                Write(LogLevel.DebugLevel, entry, outcome, tally, now);
            return;
        }
        if (!log.IsInfoEnabled || ++_lines[(int)outcome] > LinesPerWindow)
            return;
        if (!_isWindowOpen)
            timer.Set(now + Window);
        _isWindowOpen = true;
        Write(LogLevel.InfoLevel, entry, outcome, tally, now);
    }

    public void OnFailed(SessionEntry? entry, Exception error) => log.Error(
        error, "session {Session} ended as {Outcome}: it is reset at the target, the others go on", entry?.Captured, NameOf(SessionOutcome.Failed));

    public void OnNotReset(SessionEntry entry, SessionOutcome outcome, Exception error) => log.Error(
        error, "session {Session} ended as {Outcome} and could not be reset at the target", entry.Captured, NameOf(outcome));

    /// <summary>Says how many lines were left out.</summary>
    public void OnWindowOver()
    {
        _isWindowOpen = false;
        for (var outcome = 0; outcome < _lines.Length; outcome++)
        {
            if (_lines[outcome] > LinesPerWindow)
                log.Info("{Count} more sessions ended as {Outcome} within {Seconds} s", _lines[outcome] - LinesPerWindow, Names[outcome], Window.TotalSeconds);
            _lines[outcome] = 0;
        }
    }

    private static string NameOf(SessionOutcome outcome) => Names[(int)outcome];

    private void Write(LogLevel level, SessionEntry entry, SessionOutcome outcome, in SessionTally tally, Instant now) => log.Log(
        level, cause: null,
        "session {Session} ended as {Outcome} after {Seconds:0.000} s: {Acknowledged} of {Requests} requests acknowledged, {BytesLost} bytes lost",
        entry.Captured, NameOf(outcome), (now - entry.BegunAt).TotalSeconds, tally.RequestsAcknowledged, tally.RequestsCaptured, tally.BytesLost);
}
