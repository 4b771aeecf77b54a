using System.Numerics;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>
/// Replies that were faster than the registration of their flow: a SYN-ACK mostly is. Kept in the order of arrival, for a bounded time and in
/// a bounded number; handed out per flow in that order. Used from one thread; allocates only while it grows to its bound.
/// </summary>
public sealed class HeldReplies
{
    private const int InitialSlots = 64;
    private const long None = -1;

    private readonly int _mostSlots;
    private readonly TimeSpan _patience;
    private readonly Dictionary<FlowKey, Chain> _flows = [];

    // A ring by arrival: place p lies in slot p modulo the length, which is a power of two. A place already handed out stays until it is the oldest.
    private Slot[] _slots;
    private long _oldest;
    private long _next;

    /// <param name="capacity">Bound on what is kept at a time, rounded up to a power of two; beyond it the oldest goes.</param>
    /// <param name="patience">How long a reply waits.</param>
    public HeldReplies(int capacity, TimeSpan patience)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _mostSlots = (int)BitOperations.RoundUpToPowerOf2((uint)capacity);
        _patience = patience;
        _slots = new Slot[Math.Min(InitialSlots, _mostSlots)];
    }

    /// <summary>Replies waiting now.</summary>
    public int Count { get; private set; }

    /// <summary>Replies that waited in vain, or whose place was needed.</summary>
    public long Expired { get; private set; }

    /// <summary>Of <see cref="Expired"/>, those that had to go before their time because too many waited.</summary>
    public long Displaced { get; private set; }

    /// <summary>When the oldest reply will have waited long enough; <see cref="Instant.Never"/> when none waits.</summary>
    public Instant NextExpiry => Count == 0 ? Instant.Never : _slots[SlotOf(_oldest)].Arrived + _patience;

    public void Hold(in FlowKey replica, in ReplyHeader reply, Instant now)
    {
        if (_next - _oldest == _slots.Length)
            MakeRoom();
        var place = _next++;
        _slots[SlotOf(place)] = new Slot { Replica = replica, Reply = reply, Arrived = now, NextOfFlow = None, Waits = true };
        Count++;
        if (_flows.TryGetValue(replica, out var chain))
        {
            _slots[SlotOf(chain.Last)].NextOfFlow = place;
            _flows[replica] = chain with { Last = place };
        }
        else
        {
            _flows.Add(replica, new Chain(place, place));
        }
    }

    /// <summary>Takes out the oldest reply of the flow; called until it returns false, it yields them all in order.</summary>
    public bool TryTake(in FlowKey replica, out ReplyHeader reply)
    {
        if (!_flows.TryGetValue(replica, out var chain))
        {
            reply = default;
            return false;
        }
        reply = _slots[SlotOf(chain.First)].Reply;
        Release(chain);
        return true;
    }

    /// <summary>Drops what has waited long enough by <paramref name="now"/>. Returns how many.</summary>
    public int Expire(Instant now)
    {
        var count = 0;
        while (NextExpiry <= now)
        {
            DropOldest();
            count++;
        }
        return count;
    }

    /// <summary>The oldest of all, which waits, is the oldest of its flow too.</summary>
    private void DropOldest()
    {
        Release(_flows[_slots[SlotOf(_oldest)].Replica]);
        Expired++;
    }

    private void Release(Chain chain)
    {
        ref var slot = ref _slots[SlotOf(chain.First)];
        slot.Waits = false;
        Count--;
        if (slot.NextOfFlow == None)
            _flows.Remove(slot.Replica);
        else
            _flows[slot.Replica] = chain with { First = slot.NextOfFlow };
        while (_oldest < _next && !_slots[SlotOf(_oldest)].Waits)
            _oldest++;
    }

    private void MakeRoom()
    {
        if (_slots.Length == _mostSlots)
        {
            DropOldest();
            Displaced++;
            return;
        }
        var larger = new Slot[_slots.Length * 2];
        for (var place = _oldest; place < _next; place++)
            larger[place & (larger.Length - 1)] = _slots[SlotOf(place)];
        _slots = larger;
    }

    private long SlotOf(long place) => place & (_slots.Length - 1);

    private readonly record struct Chain(long First, long Last);

    private struct Slot
    {
        public FlowKey Replica;
        public ReplyHeader Reply;
        public Instant Arrived;

        /// <summary>Place of the flow's next reply.</summary>
        public long NextOfFlow;

        /// <summary>False once it was handed out.</summary>
        public bool Waits;
    }
}
