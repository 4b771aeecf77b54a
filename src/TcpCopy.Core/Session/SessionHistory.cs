using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>What a session carries from one replica to the next: its client, and the books of the replicas before.</summary>
internal sealed class SessionHistory(SessionSettings settings, uint timestampOffset, SeqNumber start, Instant now)
{
    private SessionTally _past;

    public SessionSettings Settings { get; } = settings;

    /// <summary>One for all replicas of the session: the target must not see the clock run back between connections on the same ports.</summary>
    public uint TimestampOffset { get; } = timestampOffset;

    public CapturedClient Client { get; } = new(start, now);

    /// <summary>A replica was lost to bytes that the capture missed.</summary>
    public bool HadGap { get; set; }

    /// <summary>A target that closed first left some of the client's bytes unacknowledged.</summary>
    public bool WasCutShort { get; set; }

    /// <summary>Bytes of a session without a SYN up to the request that it was joined at; lost, but by nobody's fault.</summary>
    public long BytesBeforeJoin { get; set; }

    /// <summary>Adds the final figures of a replica, or of a time without one, to the past.</summary>
    public void Close(in SessionTally tally) => _past += tally;

    /// <summary>The whole session's figures.</summary>
    /// <param name="current">The current replica's; what was captured is counted here.</param>
    public SessionTally Sum(in SessionTally current)
    {
        var sum = _past + current;
        sum.BytesCaptured += Client.Bytes;
        sum.ConflictingBytes += Client.Stream.ConflictingBytes;
        return sum;
    }

    /// <summary>The one outcome of the session, when its last phase ends with <paramref name="verdict"/>.</summary>
    public SessionOutcome Conclude(SessionOutcome verdict, in SessionTally tally)
    {
        if (HadGap)
            return SessionOutcome.CaptureGap;
        if (verdict == SessionOutcome.Replayed && WasCutShort)
            return SessionOutcome.TargetClosedEarly;
        // A target that closed before a client that had nothing more to say did no harm.
        return verdict == SessionOutcome.TargetClosedEarly && tally.BytesLost == BytesBeforeJoin ? SessionOutcome.Replayed : verdict;
    }
}
