namespace TcpCopy.Packets.Capture;

/// <summary>One of several parts into which flows are split by client port, so that both directions of a flow fall into the same part.</summary>
/// <param name="Index">0 to <paramref name="Count"/> - 1: the client port modulo the count.</param>
/// <param name="Count">At least 1.</param>
public readonly record struct FlowShard(int Index, int Count)
{
    /// <summary>All flows in one part.</summary>
    public static readonly FlowShard Whole = new(0, 1);

    public bool Takes(ushort clientPort) => clientPort % Count == Index;
}
