using System.Buffers;

namespace TcpCopy.Contracts.Messages;

/// <summary>
/// Copier to interceptor: flows that begin, end or trail, in order, as fixed-size binary entries (<see cref="FlowBatchWriter"/>,
/// <see cref="FlowBatchReader"/>).
/// </summary>
/// <param name="Entries">A whole number of entries, at most 64 KB.</param>
public sealed record FlowBatch(ReadOnlyMemory<byte> Entries) : IWireMessage;

/// <summary>
/// Interceptor to copier: reply headers in the order in which the target sent them, as binary entries (<see cref="ReplyBatchWriter"/>,
/// <see cref="ReplyBatchReader"/>).
/// <para>Its bytes are rented. Who has taken note of them, or has sent them on, releases the batch; one that gets lost is left to the garbage collector.</para>
/// </summary>
public sealed class ReplyBatch : IWireMessage
{
    private readonly int _length;
    private byte[]? _rented;

    /// <param name="entries">Whole entries, at most 64 KB; they are copied.</param>
    public ReplyBatch(ReadOnlySpan<byte> entries)
    {
        _length = entries.Length;
        _rented = ArrayPool<byte>.Shared.Rent(entries.Length);
        entries.CopyTo(_rented);
    }

    /// <summary>Not to be looked at any more once the batch is released.</summary>
    /// <exception cref="ObjectDisposedException">It is released.</exception>
    public ReadOnlyMemory<byte> Entries => _rented is null ? throw new ObjectDisposedException(nameof(ReplyBatch)) : _rented.AsMemory(0, _length);

    /// <summary>Gives the bytes back; a second time does nothing.</summary>
    public void Release()
    {
        if (_rented is null)
            return;
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }
}
