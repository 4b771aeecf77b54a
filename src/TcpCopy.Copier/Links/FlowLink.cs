using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Figures;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Links;

/// <summary>
/// What one interceptor has to be told of flows. What the link has no room for waits here, and never as a list of all that happened: a flow that began and
/// ended meanwhile is not told at all, so that no more waits than flows are alive, or were when the link became full. Loop thread only.
/// </summary>
/// <param name="interceptor">Takes the batches.</param>
/// <param name="self">Sender of the batches: where replies are wanted.</param>
/// <param name="addresses">The interceptor host's own addresses.</param>
/// <param name="clients">Whose replies it takes; empty: any client's.</param>
internal sealed class FlowLink(IActorRef interceptor, IActorRef self, IReadOnlyCollection<HostAddress> addresses, IReadOnlyList<AddressRange> clients)
{
    /// <summary>A megabyte: more than a link takes between two flushes, and not so much that its room is long overrun before anybody looks again.</summary>
    private const int BatchesPerFlush = 16;

    private readonly FlowBatchWriter _batch = new();
    private readonly HashSet<HostAddress> _addresses = [.. addresses];
    private readonly AddressRange[] _clients = [.. clients];

    /// <summary>The interceptor knows these; told before <see cref="_begun"/>, since a new flow may have the ports of an old one.</summary>
    private readonly Queue<(FlowId Id, FlowKey Replica)> _ended = new();

    /// <summary>The interceptor knows nothing of these.</summary>
    private readonly Dictionary<FlowId, FlowKey> _begun = [];

    /// <summary>Batches that may still be told before the next flush: the room is seen only when those told have got there.</summary>
    private int _batchesLeft = BatchesPerFlush;

    /// <summary>The batch tells of more than ends.</summary>
    private bool _isPressed;

    /// <summary>Whether the link takes more now; what is told beyond that would wait with Akka, without a bound.</summary>
    public Func<bool> HasRoom { get; init; } = () => true;

    /// <summary>Counts what had to wait.</summary>
    public LinkBook? Book { get; init; }

    /// <summary>Whether a target of this copier is at the interceptor's host: it serves those there, and no other's ports.</summary>
    public bool HasTargets { get; init; }

    public IActorRef Interceptor => interceptor;

    public IActorRef Self => self;

    public bool HasBatch => !_batch.IsEmpty || HasBacklog;

    /// <summary>Whether there is more to be told than that flows ended.</summary>
    public bool IsPressing => _isPressed || HasBacklog;

    private bool HasBacklog => _ended.Count > 0 || _begun.Count > 0;

    public bool IsAt(HostAddress address) => _addresses.Contains(address);

    public bool IsFor(HostAddress client)
    {
        foreach (var range in _clients)
        {
            if (range.Contains(client))
                return true;
        }
        return _clients.Length == 0;
    }

    public void Begin(FlowId id, in FlowKey replica)
    {
        if (MayAppend())
        {
            _batch.Begin(id, replica);
            _isPressed = true;
            return;
        }
        _begun[id] = replica;
        CountWaiting();
    }

    public void End(FlowId id, in FlowKey replica)
    {
        if (MayAppend())
        {
            _batch.End(id, replica);
            return;
        }
        if (_begun.Remove(id))
            return;
        _ended.Enqueue((id, replica));
        CountWaiting();
    }

    /// <summary>Not told at all where there is no room: it is told again as long as it is so.</summary>
    public void Trail(FlowId id, in FlowKey replica)
    {
        if (!MayAppend())
            return;
        _batch.Trail(id, replica);
        _isPressed = true;
    }

    /// <summary>Takes over what a link to the same interceptor was still to be told of flows that ended: of those alive it is told anew.</summary>
    public void TakeOver(FlowLink before)
    {
        if (!before.Interceptor.Equals(interceptor))
            return;
        if (!before._batch.IsEmpty)
            interceptor.Tell(before._batch.Take(), self);
        foreach (var ended in before._ended)
            _ended.Enqueue(ended);
    }

    /// <summary>Sends as much as the link takes.</summary>
    public void Flush()
    {
        _batchesLeft = BatchesPerFlush;
        Send();
    }

    private void Send()
    {
        for (; _batchesLeft > 0 && HasBatch && HasRoom(); _batchesLeft--)
        {
            Fill();
            interceptor.Tell(_batch.Take(), self);
            _isPressed = false;
        }
    }

    private void Fill()
    {
        while (!_batch.IsFull && _ended.TryDequeue(out var ended))
            _batch.End(ended.Id, ended.Replica);
        // Removing does not disturb a dictionary's enumeration.
        foreach (var (id, replica) in _begun)
        {
            if (_batch.IsFull)
                return;
            _batch.Begin(id, replica);
            _begun.Remove(id);
        }
    }

    /// <summary>Nothing overtakes what waits.</summary>
    private bool MayAppend()
    {
        if (HasBacklog)
            return false;
        if (_batch.IsFull)
            Send();
        return !_batch.IsFull;
    }

    private void CountWaiting()
    {
        if (Book is { } book)
            book.FlowsHeld++;
    }
}
