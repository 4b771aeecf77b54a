namespace TcpCopy.Core.Wire;

/// <summary>Who sent a captured segment.</summary>
public enum SegmentOrigin : byte
{
    /// <summary>The real client: what is to be replayed.</summary>
    Client,

    /// <summary>The online server: its SYN-ACK alone is a segment, for the base of reply sequence numbers, RTT and options.</summary>
    Online,
}

/// <summary>Takes a segment back when the last holder releases it.</summary>
public interface ISegmentOwner
{
    void Return(Segment segment);
}

/// <summary>
/// One captured TCP unit and the lease of its payload: the message that capture hands to a session, and what the session keeps until
/// the target has acknowledged it. The payload is copied once, at capture.
/// <para>Ownership: who holds a segment calls <see cref="Release"/> exactly once; who keeps a second reference calls
/// <see cref="Retain"/> first. A segment handed to <c>ReplaySession.OnSegment</c> is the session's from then on. The payload must not be
/// touched after the release. Retain and release are safe from any thread.</para>
/// </summary>
public sealed class Segment
{
    private ISegmentOwner? _owner;
    private int _holders;

    /// <summary>The captured connection; its client is the sender when <see cref="Origin"/> is <see cref="SegmentOrigin.Client"/>.</summary>
    public FlowKey Flow { get; set; }

    public SegmentOrigin Origin { get; set; }

    public SeqNumber Sequence { get; set; }

    /// <summary>Meaningful with the ACK flag alone.</summary>
    public SeqNumber Acknowledgement { get; set; }

    public TcpFlags Flags { get; set; }

    /// <summary>The window field as it was on the wire, unscaled.</summary>
    public ushort Window { get; set; }

    public TcpOptions Options { get; set; }

    /// <summary>The kernel's capture time (wall clock); only differences between segments count.</summary>
    public Instant CapturedAt { get; set; }

    /// <summary>Whole payload in bytes: 0 to 64 KB and beyond (GRO and TSO super-segments). Truncated captures never become segments.</summary>
    public int PayloadLength { get; set; }

    /// <summary>The pooled buffer behind <see cref="Payload"/>; may be longer than the payload.</summary>
    public ArraySegment<byte> Buffer { get; set; } = ArraySegment<byte>.Empty;

    public ReadOnlySpan<byte> Payload => Buffer.AsSpan(0, PayloadLength);

    /// <summary>The position of the other side's that the sender had acknowledged with it; null when it acknowledged nothing.</summary>
    public SeqNumber? Seen => Flags.Has(TcpFlags.Ack) ? Acknowledgement : null;

    /// <summary>What the segment takes of sequence space: its payload, and one each for SYN and FIN.</summary>
    public int SequenceLength => PayloadLength + (Flags.Has(TcpFlags.Syn) ? 1 : 0) + (Flags.Has(TcpFlags.Fin) ? 1 : 0);

    /// <summary>Starts a lease with one holder.</summary>
    public void Lease(ISegmentOwner? owner)
    {
        _owner = owner;
        Volatile.Write(ref _holders, 1);
    }

    public void Retain() => Interlocked.Increment(ref _holders);

    /// <exception cref="InvalidOperationException">Released more often than retained: an ownership error of the caller.</exception>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _holders);
        if (left < 0)
            throw new InvalidOperationException($"segment {Flow} {Sequence} was released more often than it was held");
        if (left == 0)
            _owner?.Return(this);
    }
}
