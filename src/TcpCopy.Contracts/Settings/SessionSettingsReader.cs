using TcpCopy.Core.Session;

namespace TcpCopy.Contracts.Settings;

/// <summary>Reads section <c>tcpcopy.session</c>; the largest segment is no setting but the route's, and stays at its default here.</summary>
internal static class SessionSettingsReader
{
    // RFC 9293 section 3.8.6.3: an acknowledgement is delayed by less than half a second.
    private static readonly TimeSpan LongestDelayedAck = TimeSpan.FromMilliseconds(500);

    public static SessionSettings Read(SettingsSection section)
    {
        var replyWait = section.Duration("reply-wait", TimeSpan.Zero, TimeSpan.FromMinutes(10));
        var minimumReplyWait = section.Duration("minimum-reply-wait", TimeSpan.Zero, TimeSpan.FromMinutes(10));
        if (replyWait > TimeSpan.Zero && minimumReplyWait > replyWait)
            section.Wrong<TimeSpan>("minimum-reply-wait", $"is longer than reply-wait ({Units.Show(replyWait)}); give at most that");
        return new SessionSettings
        {
            SynTimeout = section.Duration("syn-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            MinimumRto = section.Duration("minimum-rto", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            GiveUpAfter = section.Duration("give-up-after", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            ReplyWait = replyWait,
            MinimumReplyWait = minimumReplyWait,
            Settle = section.Duration("settle", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            DelayedAck = section.Duration("delayed-ack", TimeSpan.Zero, LongestDelayedAck),
            TimeWait = section.Duration("time-wait", TimeSpan.Zero, TimeSpan.FromMinutes(4)),
            GapWait = section.Duration("gap-wait", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
            FullSessionsOnly = section.Switch("full-sessions-only"),
            ReopenOnTargetClose = section.Switch("reopen-on-target-close"),
            IdleTimeout = section.Duration("idle-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
            MaxBufferedBytes = section.Size("max-buffered", 64 * 1024, 1L << 30),
            CongestionWindow = section.Switch("congestion-window"),
            Pacing = section.OneOf<PacingMode>("pacing"),
        };
    }
}
