namespace TcpCopy.Contracts.Messages;

/// <summary>
/// A copier's own name for one replica, never used twice within a shard's life: replies carry it in place of addresses, so a late reply to an
/// earlier replica with the same ports cannot be taken for the new one's.
/// </summary>
public readonly record struct FlowId(long Value);
