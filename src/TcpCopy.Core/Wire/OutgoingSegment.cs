namespace TcpCopy.Core.Wire;

/// <summary>
/// One TCP segment that a session wants on the wire towards the target. The payload is a slice of a captured segment that the session
/// still holds: encode it before the session is called again.
/// </summary>
public struct OutgoingSegment
{
    public SeqNumber Sequence;

    public SeqNumber Acknowledgement;

    public TcpFlags Flags;

    /// <summary>The window field as it goes on the wire, already scaled.</summary>
    public ushort Window;

    public TcpOptions Options;

    /// <summary>Null when there is no payload.</summary>
    public Segment? Source;

    /// <summary>First payload byte within <see cref="Source"/>.</summary>
    public int Offset;

    /// <summary>Payload bytes, at most the MSS agreed with the target.</summary>
    public int Length;

    public readonly ReadOnlySpan<byte> Payload => Source is null ? default : Source.Payload.Slice(Offset, Length);
}
