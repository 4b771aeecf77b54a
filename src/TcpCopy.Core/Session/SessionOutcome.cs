namespace TcpCopy.Core.Session;

/// <summary>How a captured session ended. Every session seen ends in exactly one of these; the sums reconcile with sessions seen.</summary>
public enum SessionOutcome : byte
{
    /// <summary>
    /// All client bytes, of a session without a SYN those from the request that it was joined at, were acknowledged by the target and the replica was
    /// closed as the client closed.
    /// </summary>
    Replayed,
    SampledOut,

    /// <summary>Another copier that sees the same connections copies this one.</summary>
    LeftToAnother,

    /// <summary>The session was already open when it was first seen, and was never joined: by setting, or because no request began any more.</summary>
    MidStreamRefused,

    /// <summary>
    /// The capture missed bytes that the client never repeated, in a session that had a replica. It stays the outcome whatever came after: requests
    /// that were delivered once the session was joined again, a target's reset, the copier's stop.
    /// </summary>
    CaptureGap,

    /// <summary>The target never answered the replica's SYN.</summary>
    NoSynAck,

    /// <summary>The target reset the replica before the client was done.</summary>
    TargetReset,

    /// <summary>The target closed before the client had sent everything.</summary>
    TargetClosedEarly,

    /// <summary>The target stopped acknowledging and retries were given up.</summary>
    ReplyTimeout,

    /// <summary>
    /// Given up to keep memory bounded, or not begun: memory was short, more was captured than the copier got done, there was no interceptor, or replies
    /// reached real clients or nobody.
    /// </summary>
    Shed,
    PoolExhausted,

    /// <summary>Nothing could be sent: the kernel refused every try.</summary>
    SendError,

    /// <summary>An exception in the session's actor.</summary>
    Failed,

    /// <summary>The copier was stopped while the session was live.</summary>
    Stopped,
}
