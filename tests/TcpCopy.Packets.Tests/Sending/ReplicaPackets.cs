using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Tests.Sending;

/// <summary>What tests of senders send.</summary>
internal static class ReplicaPackets
{
    /// <summary>A client's flow, always from the same port.</summary>
    public static FlowKey Flow(string client, string server, int port) =>
        new(new(HostAddress.Parse(client), 42_000), new(HostAddress.Parse(server), (ushort)port));

    /// <summary>Payload in a reset, which is never answered.</summary>
    public static OutgoingSegment Data(uint sequence, int length) => new()
    {
        Sequence = new(sequence),
        Flags = TcpFlags.Rst,
        Source = new Segment { Buffer = new byte[length], PayloadLength = length },
        Length = length,
    };
}
