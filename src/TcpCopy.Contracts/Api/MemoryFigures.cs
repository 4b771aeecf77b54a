namespace TcpCopy.Contracts.Api;

/// <summary>What sessions hold, in bytes.</summary>
/// <param name="Leased">Payload, for what the target has not acknowledged.</param>
/// <param name="Used">Payload and the sessions themselves.</param>
/// <param name="Budget">What they may hold.</param>
public sealed record MemoryFigures(long Leased, long Used, long Budget)
{
    public static MemoryFigures operator +(MemoryFigures left, MemoryFigures right) =>
        new(left.Leased + right.Leased, left.Used + right.Used, left.Budget + right.Budget);
}

/// <summary>A relation to one interceptor.</summary>
/// <param name="Node">Its address in the cluster.</param>
/// <param name="IsUp">It serves every shard of this copier, and answers the cluster.</param>
/// <param name="Batches">Messages with replies that came from it.</param>
/// <param name="Replies">Replies in them.</param>
/// <param name="FlowsHeld">Beginnings and ends of flows that it was told later, or never had to be told, because the link was full.</param>
public sealed record LinkFigures(string Node, bool IsUp, long Batches, long Replies, long FlowsHeld);
