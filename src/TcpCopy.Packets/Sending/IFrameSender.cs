using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Puts replica segments on the wire. Used from one thread. <see cref="Queue"/> encodes at once (the segment's payload is not needed
/// afterwards); packets leave when the batch is full or at <see cref="Flush"/>.
/// </summary>
public interface IFrameSender : IDisposable
{
    SendCounters Counters { get; }

    /// <param name="replica">The connection as the target sees it: client end is the (forged) source, server end the target.</param>
    /// <param name="segment">What to send; checksums and the DSCP mark are the sender's business.</param>
    /// <param name="tag">Handed back to the failure handler when the kernel refuses the packet.</param>
    void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag);

    /// <summary>Hands everything queued to the kernel. Never throws for a refused packet: it is counted by errno and reported.</summary>
    void Flush();
}

/// <summary>Told of each packet that the kernel refused: the tag given to <see cref="IFrameSender.Queue"/> and the errno.</summary>
public delegate void SendFailureHandler(object? tag, int errno);
