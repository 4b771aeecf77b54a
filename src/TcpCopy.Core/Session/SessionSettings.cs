namespace TcpCopy.Core.Session;

/// <summary>When data behind a request boundary goes out.</summary>
public enum PacingMode : byte
{
    /// <summary>When the target has answered what went before.</summary>
    Response,

    /// <summary>At the captured spacing.</summary>
    Timing,

    /// <summary>As soon as the window allows.</summary>
    None,
}

/// <summary>The engine's settings; section <c>tcpcopy.session</c> of the configuration has the same names and explains them.</summary>
public sealed record SessionSettings
{
    /// <summary>Largest payload of a segment towards the target that the route allows, in bytes (route MTU less headers).</summary>
    public int MaxSegmentSize { get; init; } = 1460;

    /// <summary>First wait before a SYN is repeated; doubles at each try, up to <see cref="LongestWait"/> (RFC 6298 section 5.7).</summary>
    public TimeSpan SynTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MinimumRto { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the target may leave data or a SYN unacknowledged before the session ends.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// No wait for the target grows beyond this. RFC 6298 section 2.5 would have waits grow to a minute at least. With that little time in all, the one try
    /// that an outage leaves could be lost by chance, or come too soon; and probes of a shut window as rare as that could not show that the target is alive.
    /// </summary>
    public TimeSpan LongestWait => GiveUpAfter / 4;

    /// <summary>Longest wait at a boundary for the target's answer; halved at each expiry within a session.</summary>
    public TimeSpan ReplyWait { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MinimumReplyWait { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Silence after which a shorter answer counts as complete; the wait is max(this, 2 RTT).</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan DelayedAck { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How long a closed replica answers a repeated FIN.</summary>
    public TimeSpan TimeWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a hole in the captured stream may stay without any fill before its bytes are given up. A client repeats what was lost behind the capture
    /// within its RTO; what the capture alone missed it never repeats.
    /// </summary>
    public TimeSpan GapWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Copy sessions from their SYN on or not at all: none is joined in mid-stream, behind a gap, or after the target has closed.</summary>
    public bool FullSessionsOnly { get; init; }

    /// <summary>A target that closed first while the client goes on gets a fresh replica at the next request.</summary>
    public bool ReopenOnTargetClose { get; init; } = true;

    /// <summary>How long a session without any client segment is kept before it is closed towards the target.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Most bytes a session may hold for a target that is slower than its client; past it the session is shed.</summary>
    public int MaxBufferedBytes { get; init; } = 256 * 1024 * 1024;

    public bool CongestionWindow { get; init; } = true;

    public PacingMode Pacing { get; init; } = PacingMode.Response;
}
