using Akka.Actor;
using TcpCopy.Copier.Comparison;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Routes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// One captured connection in its actor: hands each input to its <see cref="ReplaySession"/>, sends what comes out, keeps one deadline. It begins when told
/// to: the client's previous connection on the same ports may still be on its way to the target, and the two must not meet there.
/// </summary>
internal sealed class LiveSession
{
    /// <summary>So many requests that wait are more than a client sends before it sees an answer, or a stall of the machine brings together.</summary>
    private const int TrailingRequests = 128;

    /// <summary>Shorter than an interceptor believes it (<see cref="ExchangePace.TrailsFor"/>).</summary>
    private static readonly TimeSpan TrailsInterval = ExchangePace.TrailsFor / 2;

    private readonly Shard _shard;
    private readonly ReplaySession _session;
    private readonly LoopTimer _timer;
    private readonly SessionComparison? _comparison;
    private Queue<object>? _beforeBegin;
    private SessionEvents _events;
    private ReplyClock _clock;
    private SessionPhase _phase;
    private Instant _nextTrails;
    private bool _hasBegun;
    private bool _isShedEarly;
    private bool _isUrgent;
    private bool _isBooked;

    /// <param name="shard">Where it is.</param>
    /// <param name="entry">Its place in the table.</param>
    /// <param name="timer">Its actor's, which is told <see cref="Wake"/> by it.</param>
    public LiveSession(Shard shard, SessionEntry entry, LoopTimer timer)
    {
        (_shard, Entry, _timer) = (shard, entry, timer);
        entry.Session = _session = shard.NewSession(entry);
        _comparison = shard.Comparison is { } books ? new SessionComparison(entry, books) : null;
    }

    public SessionEntry Entry { get; }

    /// <summary>Nothing is left to answer, or somebody waits for it to go.</summary>
    public bool IsOver => _session.IsClosed || (_isBooked && _isUrgent);

    public SessionDetail Describe() => SessionDetail.Of(Entry, _session.Read(_shard.Loop.Now), _events.Read(), _shard.Loop.Now);

    public void OnMessage(object message)
    {
        if (_comparison is not null)
            Compare(_comparison, message);
        if (!_hasBegun && message is not (Begin or SampleOut or StopSession))
        {
            Hold(message);
            return;
        }
        Handle(message);
        Send();
        Settle();
    }

    /// <summary>
    /// Gives back what it has, its ports among it. Its books may still be open: either an exception ended it, or the whole node goes down.
    /// </summary>
    public void Close()
    {
        // What threw while it closed is closed again.
        if (Entry.Actor.IsNobody())
            return;
        _timer.Cancel();
        if (!_isBooked)
            CloseInHaste(_shard.IsStopping ? SessionOutcome.Stopped : SessionOutcome.Failed);
        ReleaseHeld();
        _shard.Forget(Entry);
        Entry.Actor = ActorRefs.Nobody;
        Entry.Successor?.Actor.Tell(Begin.Instance);
        _comparison?.Close();
    }

    /// <summary>What was captured is compared as it comes, also before there is a replica.</summary>
    private static void Compare(SessionComparison comparison, object message)
    {
        if (message is Segment segment)
            comparison.OnSegment(segment);
        else if (message is OnlineAnswer answer)
            comparison.OnOnline(answer);
    }

    /// <summary>Keeps what comes before the beginning; nothing any more once the session was shed, which shows when it begins.</summary>
    private void Hold(object message)
    {
        if (message is OnlineAnswer answer)
            _shard.OnlineAnswers.Return(answer);
        else if (message is ShedSession)
            ShedEarly();
        else if (_isShedEarly)
            Count(message);
        else
            (_beforeBegin ??= new()).Enqueue(message);
    }

    /// <summary>What it held belongs into the books, and so does what its client goes on to send.</summary>
    private void ShedEarly()
    {
        _isShedEarly = true;
        while (_beforeBegin?.TryDequeue(out var held) == true)
            Count(held);
        Count(ShedSession.Instance);
    }

    /// <summary>The target has heard nothing of the session and is not to.</summary>
    private void Count(object message)
    {
        Handle(message);
        _shard.Output.Clear();
    }

    private void ReleaseHeld()
    {
        while (_beforeBegin?.TryDequeue(out var held) == true)
            (held as Segment)?.Release();
    }

    private void Handle(object message)
    {
        var (now, output) = (_shard.Loop.Now, _shard.Output);
        switch (message)
        {
            case Segment segment:
                Note(segment.Origin == SegmentOrigin.Online ? SessionEventKind.OnlineSynAck : SessionEventKind.Segment, segment.PayloadLength);
                _clock.OnSegment(segment, _shard.Books);
                _session.OnSegment(segment, now, output);
                break;
            case ReplyMessage reply:
                Note(SessionEventKind.Reply, reply.Header.PayloadLength);
                _clock.OnReply(reply.Header, now - reply.Header.Trace.FirstAge, _shard.Books);
                _comparison?.OnReply(reply.Header, now);
                _session.OnReply(reply.Header, now, output);
                _shard.ReplyMessages.Return(reply);
                TellWhenTrailing(now);
                break;
            case OnlineAnswer answer:
                _shard.OnlineAnswers.Return(answer);
                break;
            case OnlineReset:
                Note(SessionEventKind.OnlineReset, 0);
                _session.OnClientGone(now, output);
                break;
            case Wake:
                Note(SessionEventKind.Wake, 0);
                _session.OnWake(now, output);
                break;
            case SendFailed failure:
                Note(SessionEventKind.SendFailed, failure.Errno);
                _session.OnSendFailed(failure.Errno);
                break;
            case Begin:
                OnBegin();
                if (_isShedEarly)
                    Abort(SessionOutcome.Shed);
                break;
            case Superseded:
                Note(SessionEventKind.Superseded, 0);
                _isUrgent = true;
                _session.OnClientGone(now, output);
                break;
            case ShedSession:
                Note(SessionEventKind.Told, 0);
                _shard.Memory.OnGivenBack(Entry);
                _session.Shed(now, output);
                break;
            case SampleOut:
                _isUrgent = true;
                Abort(SessionOutcome.SampledOut);
                break;
            case StopSession:
                _isUrgent = true;
                Abort(SessionOutcome.Stopped);
                break;
            default:
                throw new ArgumentException($"not for a session: {message}", nameof(message));
        }
    }

    /// <summary>Behind a reply: where none comes, nothing is gained by hurry.</summary>
    private void TellWhenTrailing(Instant now)
    {
        if (_session.WaitingRequests < TrailingRequests || now < _nextTrails)
            return;
        _nextTrails = now + TrailsInterval;
        _shard.Flows.Trail(Entry.Id, Entry.Replica);
    }

    private void Note(SessionEventKind kind, int value) => _events.Add(Entry.BegunAt, _shard.Loop.Now, kind, value);

    private void OnBegin()
    {
        if (_hasBegun)
            return;
        _hasBegun = true;
        _shard.Announce(Entry);
        while (_beforeBegin?.TryDequeue(out var message) == true)
            Handle(message);
        _beforeBegin = null;
    }

    /// <summary>What was held before the beginning belongs into the books; the target has heard nothing of it and is not to.</summary>
    private void Abort(SessionOutcome outcome)
    {
        Note(SessionEventKind.Told, 0);
        var isUnknownToTarget = !_hasBegun;
        OnBegin();
        _session.Abort(outcome, _shard.Output);
        if (isUnknownToTarget)
            _shard.Output.Clear();
    }

    private void Send()
    {
        if (_shard.Output.Count == 0)
            return;
        Note(SessionEventKind.Sent, _shard.Output.Count);
        foreach (ref readonly var segment in _shard.Output.Items)
        {
            if (segment.Flags.Has(TcpFlags.Syn) && Entry.OpenedAt == Instant.Never)
                _shard.OnOpened(Entry);
            _clock.OnSent(segment, _shard.Loop.Now);
            _comparison?.OnSent(segment, _shard.Loop.Now);
            _shard.Sender.Queue(Entry.Replica, segment, Entry);
        }
        _shard.Output.Clear();
    }

    /// <summary>Books the outcome when it stands.</summary>
    private void Settle()
    {
        // A client that goes on is joined again at a later request, as another session: it may outlive the outage by days.
        if (_session.IsGivenUp)
            _session.Abort(SessionOutcome.Stopped, _shard.Output);
        if (_phase != _session.Phase)
            Note(SessionEventKind.Phase, (int)(_phase = _session.Phase));
        if (!_isBooked && _session.Outcome is { } outcome)
            Book(outcome);
        else if (!_isBooked)
            _shard.Changed.Note(Entry);
        if (!IsOver)
            _timer.Set(_session.NextWake);
    }

    private void Book(SessionOutcome outcome)
    {
        _isBooked = true;
        var tally = _session.Tally;
        _shard.Changed.Remove(Entry);
        _shard.Accounts.End(Entry, outcome, tally);
        _shard.Ended.Add(new EndedSession(Entry.Id, Entry.Captured, Entry.Replica.Server, Entry.BegunAt, _shard.Loop.Now, outcome, tally));
        _shard.Log?.OnEnded(Entry, outcome, tally, _shard.Loop.Now);
    }

    private void CloseInHaste(SessionOutcome outcome)
    {
        _shard.Output.Clear();
        try
        {
            Abort(outcome);
            Send();
        }
        catch (Exception error)
        {
            _shard.Log?.OnNotReset(Entry, outcome, error);
            _shard.Output.Clear();
        }
        Book(outcome);
    }
}
