using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>Where a request starts, and what the client had seen before it sent it.</summary>
/// <param name="At">Position of the request's first byte; of one that is acknowledged in part, of the last byte that is.</param>
/// <param name="Answer">Reply bytes that the client had acknowledged online since its previous data; 0 when none.</param>
internal readonly record struct Boundary(SeqNumber At, uint Answer);

/// <summary>
/// The requests of one session. A data segment starts a request when its captured ACK has advanced past the previous data segment's: its
/// client had read an answer meanwhile. Requests leave the log as the target acknowledges them.
/// </summary>
internal sealed class RequestLog(SeqNumber start)
{
    private Ring<Boundary> _pending;
    private int _opened;
    private SeqNumber _capturedEnd = start;
    private SeqNumber _acknowledged = start;
    private bool _repliesStarted;
    private bool _hasAnswer;
    private SeenAnswers _seen;
    private long _completed;
    private long _completedAnswered;

    public long Captured { get; private set; }

    /// <summary>Requests that were not opened, by a pacer that opens them.</summary>
    public int Closed => _pending.Count - _opened;

    /// <summary>Requests of which every byte captured so far is acknowledged.</summary>
    public long Acknowledged => _completed + (IsLastAcknowledged ? 1 : 0);

    /// <summary>Acknowledged requests behind which reply bytes or the target's FIN came.</summary>
    public long Answered => _completedAnswered + (IsLastAnswered ? 1 : 0);

    /// <summary>What takes the last request back, should it turn out that more bytes of it follow and are lost.</summary>
    public SessionTally Correction => new() { RequestsAcknowledged = IsLastAcknowledged ? -1 : 0, RequestsAnswered = IsLastAnswered ? -1 : 0 };

    public SessionTally Tally => new() { RequestsCaptured = Captured, RequestsAcknowledged = Acknowledged, RequestsAnswered = Answered };

    private bool IsLastAcknowledged =>
        _pending.Count == 1 && _acknowledged >= _capturedEnd && _acknowledged > _pending[0].At;

    private bool IsLastAnswered => _hasAnswer && IsLastAcknowledged;

    /// <summary>The first request that may not be sent yet.</summary>
    public bool TryPeekClosed(out Boundary boundary)
    {
        var found = _opened < _pending.Count;
        boundary = found ? _pending[_opened] : default;
        return found;
    }

    /// <summary>The first closed request may be sent.</summary>
    public void Open() => _opened++;

    /// <summary>The first request at or behind <paramref name="position"/>; those that the target has acknowledged are no longer known.</summary>
    public bool TryFindFrom(SeqNumber position, out SeqNumber at)
    {
        for (var index = 0; index < _pending.Count; index++)
        {
            at = _pending[index].At;
            if (at >= position)
                return true;
        }
        at = default;
        return false;
    }

    /// <summary>What begins at <paramref name="position"/> goes to another replica and is counted there.</summary>
    public void ForgetFrom(SeqNumber position)
    {
        for (; _pending.Count > 0 && _pending[_pending.Count - 1].At >= position; _pending.RemoveLast())
            Captured--;
        _opened = Math.Min(_opened, _pending.Count);
        _capturedEnd = position;
    }

    /// <summary>The online server's SYN-ACK was captured: <paramref name="position"/> is where its reply bytes start.</summary>
    public void StartReplies(SeqNumber position)
    {
        if (_repliesStarted)
            return;
        _repliesStarted = true;
        // The SYN-ACK was captured after the first data: what that data had acknowledged is known only now.
        if (_seen.Position is { } seen && Captured == 1 && _opened == 0 && seen > position)
            _pending[0] = _pending[0] with { Answer = seen.AdvanceSince(position) };
        _seen.Start(position);
    }

    /// <summary>Takes note of a run of data at the stream's end.</summary>
    public void Append(in Piece piece)
    {
        var answer = _seen.Append(piece.Seen);
        if (Captured == 0 || answer > 0)
        {
            Captured++;
            _pending.AddLast(new Boundary(piece.Start, answer));
            Complete();
        }
        _capturedEnd = piece.End;
    }

    /// <summary>Reply bytes that a client that acknowledges <paramref name="position"/> has seen since the data before.</summary>
    public uint AnswerBefore(SeqNumber? position) => _seen.Before(position);

    /// <summary>The target has acknowledged bytes before <paramref name="position"/> for the first time.</summary>
    public void OnAcknowledged(SeqNumber position)
    {
        _acknowledged = position;
        _hasAnswer = false;
        Complete();
        // Comparisons hold for near positions only: a request may be longer than that, and once it has begun it is no matter where.
        if (_pending.Count > 0 && _pending[0].At < position)
            _pending[0] = _pending[0] with { At = position - 1 };
    }

    /// <summary>The target sent new bytes, or its FIN, after it had acknowledged what it has by now.</summary>
    public void OnReplyBytes()
    {
        _completedAnswered = _completed;
        _hasAnswer = true;
    }

    /// <summary>
    /// Takes note of data that goes to no replica, or of a hole that nobody waits for: another request, or more of the last one, which then is not whole.
    /// </summary>
    /// <param name="seen">The online host's position that the data had acknowledged, or what lies behind the hole.</param>
    public void AppendLost(SeqNumber? seen)
    {
        if (_seen.Append(seen) > 0 || Captured == 0)
        {
            // The one before has ended: what is acknowledged of it is acknowledged for good.
            (_completed, _completedAnswered) = (Acknowledged, Answered);
            Captured++;
        }
        ForgetPending();
    }

    /// <summary>Nobody acknowledges any more: it is no matter where requests begin, and only whether the last one is whole.</summary>
    public void CountOnly()
    {
        if (_pending.Count > 1)
            ForgetPending();
    }

    private void ForgetPending()
    {
        _pending.Clear();
        _opened = 0;
    }

    /// <summary>Takes out the requests that are known to have ended, because another began, and are acknowledged.</summary>
    private void Complete()
    {
        while (_pending.Count > 1 && _pending[1].At <= _acknowledged)
        {
            _completed++;
            if (_hasAnswer)
                _completedAnswered = _completed;
            // A pacer that does not look at requests never opens them.
            _opened = Math.Max(0, _opened - 1);
            _pending.RemoveFirst();
        }
    }
}
