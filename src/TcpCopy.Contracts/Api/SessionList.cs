namespace TcpCopy.Contracts.Api;

/// <summary>A page of sessions.</summary>
/// <param name="Sessions">In the order that was asked for.</param>
/// <param name="Matching">How many there are on all pages.</param>
/// <param name="Next">What <c>after</c> must be for the page behind; null: this is the last.</param>
public sealed record SessionList(IReadOnlyList<SessionLine> Sessions, long Matching, string? Next);

/// <summary>A session in a list; times in seconds, <c>outcome</c> only of one that has ended.</summary>
public sealed record SessionLine(
    string Id, string Client, string Online, string Target, string State, string? Outcome, double Age, SessionCounts Counts, long BufferedBytes,
    double HeldFor, double RoundTrip);

/// <summary>What a session has carried so far.</summary>
public sealed record SessionCounts(
    long Requests, long RequestsAcknowledged, long RequestsAnswered, long Bytes, long BytesAcknowledged, long ReplyBytes, long Segments,
    long Retransmissions, long ReplyWaitsExpired);

/// <summary>One session from within. Positions are sequence numbers of the client's, and the target's for replies; times in seconds.</summary>
public sealed record SessionInside(
    string Id, string Client, string Online, string Target, string State, string? Outcome, double Age, SessionCounts Counts, SessionQueue Queue,
    ReplicaInside? Replica, IReadOnlyList<EventLine> Events);

/// <summary>What is held of the client.</summary>
/// <param name="Bytes">Until the target has acknowledged them.</param>
/// <param name="HeldFor">Of the oldest of them.</param>
/// <param name="HasGap">The capture has missed bytes that are still waited for.</param>
/// <param name="Client">open, fin or reset.</param>
public sealed record SessionQueue(long Bytes, double HeldFor, bool HasGap, string Client);

/// <summary>The connection to the target.</summary>
public sealed record ReplicaInside(
    uint Captured, uint Sent, uint Acknowledged, uint ReplyNext, int TargetWindow, int CongestionWindow, double RoundTrip, double RetransmissionTimeout,
    bool IsTargetClosed);

/// <summary>Something that happened to a session.</summary>
/// <param name="After">Seconds from its beginning.</param>
/// <param name="What">segment, online-syn-ack, reply, wake, sent, phase, send-failed, superseded or told.</param>
/// <param name="Value">Bytes, packets or errno; of a phase its name.</param>
public sealed record EventLine(double After, string What, string Value);
