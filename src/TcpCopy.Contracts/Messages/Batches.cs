namespace TcpCopy.Contracts.Messages;

/// <summary>
/// Copier to interceptor: flows that begin and end, in order, as fixed-size binary entries (<see cref="FlowBatchWriter"/>,
/// <see cref="FlowBatchReader"/>).
/// </summary>
/// <param name="Entries">A whole number of entries, at most 64 KB.</param>
public sealed record FlowBatch(ReadOnlyMemory<byte> Entries) : IWireMessage;

/// <summary>
/// Interceptor to copier: reply headers in the order in which the target sent them, as fixed-size binary entries
/// (<see cref="ReplyBatchWriter"/>, <see cref="ReplyBatchReader"/>).
/// </summary>
/// <param name="Entries">A whole number of entries, at most 64 KB.</param>
public sealed record ReplyBatch(ReadOnlyMemory<byte> Entries) : IWireMessage;
