using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Comparison;

/// <summary>
/// Follows one session on both sides, from what was captured, sent and replied, and tells of each request how it was answered. It changes nothing of what is
/// sent. Requests begin where the engine has them begin, at a boundary; which of them an answer belongs to is found on both sides in the same way
/// (<see cref="AnswerSide.Take"/>). A request is done with when both sides have begun to answer a later one, or at the end.
/// </summary>
public sealed class ExchangeLog
{
    /// <summary>
    /// Requests that are open at a time: beyond it the oldest is done with as it is. At saturation a replica trails its client by a hundred; each takes some
    /// 100 bytes while it does. With the one that comes before the oldest goes they fill a power of two.
    /// </summary>
    public const int MostOpen = 255;

    /// <summary>Comparisons hold for near positions only, and a request may be longer: behind this much of it, it is no matter where it began.</summary>
    private const int Near = 1 << 30;

    private Ring<SeqNumber> _starts;
    private AnswerSide _online;
    private AnswerSide _target;
    private SeenAnswers _seen;
    private SeqNumber? _capturedEnd;
    private SeqNumber? _sentEnd;
    private long _done;
    private bool _hasClientEnded;
    private bool _hasReplicaEnded;
    private bool _isOver;

    /// <summary>A client's segment, or the online host's SYN-ACK, in the order of capture.</summary>
    public void OnSegment(Segment segment)
    {
        if (segment.Origin == SegmentOrigin.Online)
        {
            _online.Connect(segment.Sequence + 1, _starts.Count);
            // Data of a SYN has acknowledged nothing: whether what follows it has seen an answer is told from here.
            _seen.Start(segment.Sequence + 1);
            return;
        }
        var first = segment.Sequence + (segment.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        var end = first + segment.PayloadLength;
        if (segment.PayloadLength > 0 && !(end <= _capturedEnd))
            Append(segment, _capturedEnd is { } known ? SeqNumber.Max(first, known) : first, end);
        if (!segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            return;
        _hasClientEnded = true;
        // The online host acknowledges the FIN as one byte more.
        if (segment.Flags.Has(TcpFlags.Fin) && !(end + 1 <= _capturedEnd))
            _capturedEnd = end + 1;
    }

    /// <summary>A packet of the online host's behind its SYN-ACK.</summary>
    /// <param name="at">When it was captured.</param>
    public void OnOnline(in ReplyHeader answer, Instant at)
    {
        // What answers bytes that the capture missed answers none that is known: nobody knows when that was asked.
        var newest = answer.Acknowledgement <= _capturedEnd ? IndexOf(answer.Acknowledgement) : -1;
        if (answer.PayloadLength > 0)
            _online.Take(newest, answer, at, at);
        if (answer.Flags.Has(TcpFlags.Rst) && !_hasClientEnded)
            _online.Reset(_starts.Count - 1);
    }

    /// <summary>A segment goes to the target; a repeated one says nothing new.</summary>
    public void OnSent(in OutgoingSegment segment, Instant now)
    {
        if (segment.Flags.Has(TcpFlags.Syn))
        {
            _hasReplicaEnded = false;
            _sentEnd = segment.Sequence + 1;
            _target.Connect(next: null, IndexOf(segment.Sequence + 1) + 1);
            return;
        }
        _hasReplicaEnded |= segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst);
        var end = segment.Sequence + segment.Length;
        if (segment.Length == 0 || end <= _sentEnd)
            return;
        for (var index = IndexOf(end); index >= 0; index--)
        {
            _target.Ask(index, now);
            if (_starts[index] <= _sentEnd)
                break;
        }
        _sentEnd = end;
    }

    /// <summary>A packet of the target's.</summary>
    /// <param name="reply">Its trace tells how long before <paramref name="now"/> it came by the tap.</param>
    /// <param name="now">When the copier had it.</param>
    public void OnReply(in ReplyHeader reply, Instant now)
    {
        if (reply.Flags.Has(TcpFlags.Syn))
            _target.Connect(reply.Sequence + 1, _starts.Count);
        if (reply.Flags.Has(TcpFlags.Rst) && !_hasReplicaEnded)
            _target.Reset(LastSent());
        if (reply.PayloadLength > 0)
            _target.Take(IndexOf(reply.Acknowledgement), reply, now - reply.Trace.FirstAge, now - reply.Trace.LastAge);
    }

    /// <summary>Nothing more comes: what is open is done with.</summary>
    public void Close() => _isOver = true;

    /// <summary>Takes out the oldest request that is done with.</summary>
    public bool TryTake(out ComparedRequest request)
    {
        var isDone = _starts.Count > 0 && (_isOver || _starts.Count > MostOpen || (_online.Passed > 0 && _target.Passed > 0));
        request = default;
        if (!isDone)
            return false;
        _starts.RemoveFirst();
        request = new ComparedRequest(++_done, _online.End(), _target.End());
        return true;
    }

    private void Append(Segment segment, SeqNumber start, SeqNumber end)
    {
        if (_seen.Append(segment.Seen) > 0 || _starts.Count == 0)
        {
            _starts.AddLast(start);
            _online.Begin();
            _target.Begin();
        }
        ref var newest = ref _starts[_starts.Count - 1];
        newest = SeqNumber.Max(newest, end - Near);
        _online.Ask(_starts.Count - 1, segment.CapturedAt);
        _capturedEnd = end;
    }

    /// <summary>The newest open request of which a byte lies before <paramref name="end"/>; -1: none.</summary>
    private int IndexOf(SeqNumber end)
    {
        var index = _starts.Count - 1;
        while (index >= 0 && _starts[index] >= end)
            index--;
        return index;
    }

    private int LastSent() => _sentEnd is { } end ? IndexOf(end) : -1;
}
