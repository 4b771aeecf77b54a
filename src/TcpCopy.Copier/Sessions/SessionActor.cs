using Akka.Actor;
using Akka.Event;
using TcpCopy.Copier.Comparison;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// // [5] One captured connection: hands each input to its <see cref="ReplaySession"/>, sends what comes out, keeps one deadline. It begins when told
/// to: the client's previous connection on the same ports may still be on its way to the target, and the two must not meet there.
/// </summary>
internal sealed class SessionActor : UntypedActor
{
    private readonly Shard _shard;
    private readonly SessionEntry _entry;
    private readonly ReplaySession _session;
    private readonly LoopTimer _timer;
    private readonly SessionComparison? _comparison;
    private Queue<object>? _beforeBegin = new();
    private SessionEvents _events;
    private ReplyClock _clock;
    private SessionPhase _phase;
    private bool _isUrgent;
    private bool _isBooked;

    public SessionActor(Shard shard, SessionEntry entry)
    {
        _shard = shard;
        _entry = entry;
        entry.Session = _session = shard.NewSession(entry);
        _timer = new LoopTimer(shard.Loop, Self, Wake.Instance);
        _comparison = shard.Comparison is { } books ? new SessionComparison(entry, books) : null;
    }

    protected override void OnReceive(object message)
    {
        if (_beforeBegin is not null && message is not (Begin or SampleOut or StopSession or DescribeSession))
        {
            _beforeBegin.Enqueue(message);
            return;
        }
        try
        {
            Handle(message);
            Send();
        }
        catch (Exception error)
        {
            // Logged here, where the key is known; the supervisor only decides.
            Context.GetLogger().Error(
                error, "session {Session} ended as {Outcome}: it is reset at the target, the others go on",
                _entry.Captured, SessionLog.NameOf(SessionOutcome.Failed));
            throw;
        }
        Settle();
    }

    /// <summary>Stopped with its books open: either an exception ended it, or the whole node goes down.</summary>
    protected override void PostStop()
    {
        _timer.Cancel();
        if (!_isBooked)
            CloseInHaste(_shard.IsStopping ? SessionOutcome.Stopped : SessionOutcome.Failed);
        _comparison?.Close();
        _shard.Forget(_entry);
        _entry.Successor.Tell(Begin.Instance);
    }

    private void Handle(object message)
    {
        var (now, output) = (_shard.Loop.Now, _shard.Output);
        switch (message)
        {
            case Segment segment:
                Note(segment.Origin == SegmentOrigin.Online ? SessionEventKind.OnlineSynAck : SessionEventKind.Segment, segment.PayloadLength);
                _clock.OnSegment(segment, _shard.Books);
                _comparison?.OnSegment(segment);
                _session.OnSegment(segment, now, output);
                break;
            case ReplyMessage reply:
                Note(SessionEventKind.Reply, reply.Header.PayloadLength);
                _clock.OnReply(reply.Header, now - reply.Header.Trace.FirstAge, _shard.Books);
                _comparison?.OnReply(reply.Header, now);
                _session.OnReply(reply.Header, now, output);
                _shard.Recycle(reply);
                break;
            case OnlineAnswer answer:
                _comparison?.OnOnline(answer);
                _shard.Recycle(answer);
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
                break;
            case Superseded:
                Note(SessionEventKind.Superseded, 0);
                _isUrgent = true;
                _session.OnClientGone(now, output);
                break;
            case ShedSession:
                Note(SessionEventKind.Told, 0);
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
            case DescribeSession:
                Sender.Tell(SessionDetail.Of(_entry, _session.Read(now), _events.Read(), now));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Note(SessionEventKind kind, int value) => _events.Add(_entry.BegunAt, _shard.Loop.Now, kind, value);

    private void OnBegin()
    {
        if (_beforeBegin is not { } held)
            return;
        _beforeBegin = null;
        _shard.Announce(_entry);
        while (held.TryDequeue(out var message))
            Handle(message);
    }

    /// <summary>What was held before the beginning belongs into the books; the target has heard nothing of it and is not to.</summary>
    private void Abort(SessionOutcome outcome)
    {
        Note(SessionEventKind.Told, 0);
        var isUnknownToTarget = _beforeBegin is not null;
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
            _clock.OnSent(segment, _shard.Loop.Now);
            _comparison?.OnSent(segment, _shard.Loop.Now);
            _shard.Sender.Queue(_entry.Replica, segment, _entry);
        }
        _shard.Output.Clear();
    }

    /// <summary>Books the outcome when it stands, and goes when nothing is left to answer, or somebody waits for it to go.</summary>
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
            _shard.Changed.Note(_entry);
        if (_session.IsClosed || (_isBooked && _isUrgent))
            Context.Stop(Self);
        else
            _timer.SetNoLaterThan(_session.NextWake);
    }

    private void Book(SessionOutcome outcome)
    {
        _isBooked = true;
        var tally = _session.Tally;
        _shard.Changed.Remove(_entry);
        _shard.Accounts.End(_entry, outcome, tally);
        _shard.Ended.Add(new EndedSession(_entry.Id, _entry.Captured, _entry.Replica.Server, _entry.BegunAt, _shard.Loop.Now, outcome, tally));
        _shard.Log?.OnEnded(_entry, outcome, tally, _shard.Loop.Now);
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
            Context.GetLogger().Error(
                error, "session {Session} ended as {Outcome} and could not be reset at the target", _entry.Captured, SessionLog.NameOf(outcome));
            _shard.Output.Clear();
        }
        Book(outcome);
    }
}
