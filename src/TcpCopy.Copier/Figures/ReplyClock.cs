using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Figures;

/// <summary>Times of one session: how soon the target answers its SYN and its requests, and how soon the client spoke online.</summary>
internal struct ReplyClock
{
    private Instant _askedAt;
    private Instant _onlineAnsweredAt;
    private SeqNumber _sentTo;
    private Question _question;

    /// <summary>Nothing was sent since but a SYN: <see cref="_sentTo"/> is behind that one.</summary>
    private bool _isSynLast;

    private enum Question : byte
    {
        None,
        Syn,
        Data,
    }

    /// <summary>Takes note of what was captured.</summary>
    public void OnSegment(Segment segment, ShardBooks books)
    {
        if (segment.Origin == SegmentOrigin.Online)
        {
            _onlineAnsweredAt = segment.CapturedAt;
        }
        else if (segment.PayloadLength > 0 && _onlineAnsweredAt != default)
        {
            books.OnlineRoundTrip.Add(segment.CapturedAt - _onlineAnsweredAt);
            _onlineAnsweredAt = default;
        }
    }

    /// <summary>Takes note of what goes to the target. A repetition asks nothing new; that of a SYN makes the answer ambiguous (RFC 6298 section 3).</summary>
    public void OnSent(in OutgoingSegment segment, Instant now)
    {
        if (segment.Flags.Has(TcpFlags.Syn))
        {
            // A fresh replica's SYN stands where the one before it had got to.
            var isRepeated = _isSynLast && _sentTo == segment.Sequence + 1;
            _question = _question == Question.Syn || isRepeated ? Question.None : Question.Syn;
            (_askedAt, _sentTo, _isSynLast) = (now, segment.Sequence + 1, true);
        }
        else if (segment.Length > 0 && segment.Sequence + segment.Length > _sentTo)
        {
            (_question, _askedAt, _sentTo, _isSynLast) = (Question.Data, now, segment.Sequence + segment.Length, false);
        }
    }

    /// <summary>Takes note of what the target sent.</summary>
    public void OnReply(in ReplyHeader reply, Instant now, ShardBooks books)
    {
        if (_question == Question.Syn && reply.Flags.Has(TcpFlags.Syn) && reply.Acknowledgement == _sentTo)
            books.TargetRoundTrip.Add(now - _askedAt);
        else if (_question == Question.Data && reply.PayloadLength > 0)
            books.TargetFirstReply.Add(now - _askedAt);
        else
            return;
        _question = Question.None;
    }
}
