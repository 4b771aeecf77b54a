namespace TcpCopy.Core.Session;

/// <summary>
/// What one session counted, final when its outcome is set. Captured = acknowledged + lost, for requests and for bytes, once it ended.
/// A request is a run of client data that starts at a boundary (design: a data segment whose captured ACK advanced past the previous one's).
/// Bytes that the capture missed and that were given up count as captured and lost, and with them at least one request: how many there were cannot be
/// known. What came before a session without a SYN was joined counts as captured and lost likewise.
/// </summary>
public struct SessionTally
{
    public long RequestsCaptured;

    /// <summary>Requests of which the target acknowledged every byte.</summary>
    public long RequestsAcknowledged;

    /// <summary>Acknowledged requests after which the target sent at least one byte or closed.</summary>
    public long RequestsAnswered;

    /// <summary>Client payload bytes, each position of the stream counted once.</summary>
    public long BytesCaptured;

    public long BytesAcknowledged;

    /// <summary>Payload bytes that the target sent to the replica, each position counted once.</summary>
    public long ReplyBytes;

    /// <summary>Segments sent, retransmissions and bare ACKs included.</summary>
    public long SegmentsSent;

    public long Retransmissions;

    /// <summary>Boundaries that went on because <c>reply-wait</c> ran out and not because the target had answered.</summary>
    public long ReplyWaitsExpired;

    /// <summary>Client retransmissions whose bytes differ from the first copy (the first copy is what is sent).</summary>
    public long ConflictingBytes;

    /// <summary>Replicas opened at a request in mid-stream: where no SYN was seen, or behind a gap.</summary>
    public long Joined;

    /// <summary>Replicas opened because the target had closed the one before while the client went on.</summary>
    public long Reopened;

    public readonly long RequestsLost => RequestsCaptured - RequestsAcknowledged;

    public readonly long BytesLost => BytesCaptured - BytesAcknowledged;

    public static SessionTally operator -(in SessionTally left, in SessionTally right) => new()
    {
        RequestsCaptured = left.RequestsCaptured - right.RequestsCaptured,
        RequestsAcknowledged = left.RequestsAcknowledged - right.RequestsAcknowledged,
        RequestsAnswered = left.RequestsAnswered - right.RequestsAnswered,
        BytesCaptured = left.BytesCaptured - right.BytesCaptured,
        BytesAcknowledged = left.BytesAcknowledged - right.BytesAcknowledged,
        ReplyBytes = left.ReplyBytes - right.ReplyBytes,
        SegmentsSent = left.SegmentsSent - right.SegmentsSent,
        Retransmissions = left.Retransmissions - right.Retransmissions,
        ReplyWaitsExpired = left.ReplyWaitsExpired - right.ReplyWaitsExpired,
        ConflictingBytes = left.ConflictingBytes - right.ConflictingBytes,
        Joined = left.Joined - right.Joined,
        Reopened = left.Reopened - right.Reopened,
    };

    public static SessionTally operator +(in SessionTally left, in SessionTally right) => new()
    {
        RequestsCaptured = left.RequestsCaptured + right.RequestsCaptured,
        RequestsAcknowledged = left.RequestsAcknowledged + right.RequestsAcknowledged,
        RequestsAnswered = left.RequestsAnswered + right.RequestsAnswered,
        BytesCaptured = left.BytesCaptured + right.BytesCaptured,
        BytesAcknowledged = left.BytesAcknowledged + right.BytesAcknowledged,
        ReplyBytes = left.ReplyBytes + right.ReplyBytes,
        SegmentsSent = left.SegmentsSent + right.SegmentsSent,
        Retransmissions = left.Retransmissions + right.Retransmissions,
        ReplyWaitsExpired = left.ReplyWaitsExpired + right.ReplyWaitsExpired,
        ConflictingBytes = left.ConflictingBytes + right.ConflictingBytes,
        Joined = left.Joined + right.Joined,
        Reopened = left.Reopened + right.Reopened,
    };
}
