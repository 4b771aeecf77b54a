using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Comparison;

/// <summary>The answers of one side, one for each request that is still open. A mutable struct: hold it in a field, never copy it.</summary>
internal struct AnswerSide
{
    private Ring<Timing> _answers;
    private SeqNumber? _next;
    private Instant _lastAt;

    /// <summary>How many of the open requests lie behind the side: it has begun to answer a later one.</summary>
    public int Passed { get; private set; }

    /// <summary>A request begins.</summary>
    public void Begin() => _answers.AddLast(Timing.NotAsked);

    /// <summary>The oldest request is done with.</summary>
    public Answer End()
    {
        var answer = _answers[0].Read();
        _answers.RemoveFirst();
        Passed = Math.Max(0, Passed - 1);
        return answer;
    }

    /// <summary>A connection begins: what its reply bytes count from. What was asked for from <paramref name="index"/> on is asked for anew.</summary>
    public void Connect(SeqNumber? next, int index)
    {
        _next = next;
        Passed = Math.Min(Passed, index);
        for (; index < _answers.Count; index++)
            _answers[index] = Timing.NotAsked;
    }

    /// <summary>New bytes of the request go out; those that come while it is answered already do not count.</summary>
    public readonly void Ask(int index, Instant now)
    {
        ref var timing = ref _answers[index];
        if (timing.Bytes == 0)
            timing.AskedAt = now;
    }

    /// <summary>
    /// A packet with payload belongs to the newest request of which it acknowledges a byte. But HTTP/1.x answers in order and shows where each answer begins:
    /// there a pause within an answer, behind which the next request was sent and acknowledged already, does not give the rest to that one. Interim answers
    /// are part of the final one that follows them.
    /// </summary>
    /// <param name="newest">That request; -1: it is none that is open.</param>
    /// <param name="reply">The packet.</param>
    /// <param name="firstAt">When its first byte came.</param>
    /// <param name="lastAt">When its last byte came.</param>
    public void Take(int newest, in ReplyHeader reply, Instant firstAt, Instant lastAt)
    {
        var bytes = Advance(reply.Sequence, reply.PayloadLength);
        if (bytes <= 0 || newest < 0)
            return;
        var index = newest > Passed && bytes == reply.PayloadLength ? InOrder(newest, reply.Trace.Status) : newest;
        ref var timing = ref _answers[index];
        if (timing.AskedAt == Instant.Never)
            return;
        if (timing.Bytes == 0)
            BeginAnswer(ref timing, firstAt, reply.Trace.Status);
        else if (StatusLine.IsInterim(timing.Status) && reply.Trace.Status != 0)
            timing.Status = reply.Trace.Status;
        timing.LastAt = _lastAt = lastAt;
        timing.Bytes += bytes;
        Passed = Math.Max(Passed, index);
    }

    public readonly void Reset(int index)
    {
        if (index >= 0)
            _answers[index].IsReset = true;
    }

    /// <summary>
    /// A server of HTTP/1.x is done with one request before it comes to the next: one that was sent in mid-answer, as the pacer may and a client would not
    /// have, is timed from that answer's end.
    /// </summary>
    private readonly void BeginAnswer(ref Timing timing, Instant firstAt, ushort status)
    {
        (timing.FirstAt, timing.Status) = (firstAt, status);
        if (status != 0 && _lastAt > timing.AskedAt)
            timing.AskedAt = _lastAt;
    }

    /// <summary>Which request is answered, where no packet was missed.</summary>
    private readonly int InOrder(int newest, ushort status)
    {
        ref readonly var current = ref _answers[Passed];
        if (current.Bytes == 0)
            return status != 0 ? Passed : newest;
        if (status != 0)
            return StatusLine.IsInterim(current.Status) ? Passed : Passed + 1;
        return current.Status != 0 ? Passed : newest;
    }

    /// <summary>Bytes that are new: a repeated packet brings none, and what was missed before a packet counts with it.</summary>
    private int Advance(SeqNumber sequence, int length)
    {
        var end = sequence + length;
        var isNew = _next is not { } next || end > next;
        var bytes = _next is { } known ? end - known : length;
        if (isNew)
            _next = end;
        return isNew ? bytes : 0;
    }

    private struct Timing
    {
        public static readonly Timing NotAsked = new() { AskedAt = Instant.Never };

        public Instant AskedAt;
        public Instant FirstAt;
        public Instant LastAt;
        public long Bytes;
        public ushort Status;
        public bool IsReset;

        public readonly Answer Read() => Bytes == 0
            ? new Answer { IsReset = IsReset }
            : new Answer { FirstByte = Since(FirstAt), LastByte = Since(LastAt), Bytes = Bytes, Status = Status, IsReset = IsReset };

        /// <summary>A clock that was set back makes no negative times.</summary>
        private readonly TimeSpan Since(Instant at) => at > AskedAt ? at - AskedAt : TimeSpan.Zero;
    }
}
