namespace TcpCopy.Core.Wire;

/// <summary>What comes back of a packet that the target sent to a replica: its TCP header and how long its payload was, no payload.</summary>
public struct ReplyHeader
{
    public SeqNumber Sequence;

    /// <summary>Meaningful with the ACK flag alone.</summary>
    public SeqNumber Acknowledgement;

    public TcpFlags Flags;

    /// <summary>The window field as it was on the wire, unscaled.</summary>
    public ushort Window;

    /// <summary>Payload bytes of the packet: may exceed 64 KB where the target's stack leaves segmentation to the device.</summary>
    public int PayloadLength;

    public TcpOptions Options;

    /// <summary>For copiers that compare; else empty.</summary>
    public ReplyTrace Trace;

    /// <summary>What the reply takes of the target's sequence space: its payload, and one each for SYN and FIN.</summary>
    public readonly int SequenceLength => PayloadLength + (Flags.Has(TcpFlags.Syn) ? 1 : 0) + (Flags.Has(TcpFlags.Fin) ? 1 : 0);
}
