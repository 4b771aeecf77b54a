namespace TcpCopy.Core.Session;

/// <summary>
/// What one session counted, final when its outcome is set. Captured = acknowledged + lost, for requests and for bytes, once it ended.
/// A request is a run of client data that starts at a boundary (design: a data segment whose captured ACK advanced past the previous one's).
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

    public readonly long RequestsLost => RequestsCaptured - RequestsAcknowledged;

    public readonly long BytesLost => BytesCaptured - BytesAcknowledged;
}
