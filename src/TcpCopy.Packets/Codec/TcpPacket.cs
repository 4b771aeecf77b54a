using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Codec;

/// <summary>A decoded TCP segment that still lies in the captured frame: valid as long as the frame is.</summary>
public ref struct TcpPacket
{
    public Endpoint Source;

    public Endpoint Destination;

    public SeqNumber Sequence;

    /// <summary>Meaningful with the ACK flag alone.</summary>
    public SeqNumber Acknowledgement;

    public TcpFlags Flags;

    /// <summary>The window field as it was on the wire, unscaled.</summary>
    public ushort Window;

    /// <summary>MSS, window scale and SACK-permitted are read from a SYN alone (RFC 9293 section 3.2, RFC 7323, RFC 2018).</summary>
    public TcpOptions Options;

    /// <summary>Payload bytes that the IP length claims; exceeds 64 KB for BIG TCP super-segments.</summary>
    public int PayloadLength;

    /// <summary>The captured part of the payload: shorter than <see cref="PayloadLength"/> in a truncated capture.</summary>
    public ReadOnlySpan<byte> Payload;

    /// <summary>The kernel's capture time (wall clock).</summary>
    public Instant CapturedAt;

    /// <summary>0 to 63: the upper six bits of the type of service or traffic class (RFC 2474).</summary>
    public byte Dscp;

    /// <summary>The connection when a client sent this.</summary>
    public readonly FlowKey FlowFromClient => new(Source, Destination);

    /// <summary>The connection when its server sent this.</summary>
    public readonly FlowKey FlowFromServer => new(Destination, Source);

    /// <summary>The header alone, for a packet that a server sent, and when it was captured.</summary>
    public readonly ReplyHeader ToReplyHeader() => new()
    {
        Sequence = Sequence,
        Acknowledgement = Acknowledgement,
        Flags = Flags,
        Window = Window,
        PayloadLength = PayloadLength,
        Options = Options,
        Trace = new ReplyTrace { First = ReplyTrace.Stamp(CapturedAt), Last = ReplyTrace.Stamp(CapturedAt) },
    };
}
