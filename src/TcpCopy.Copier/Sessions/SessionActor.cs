using Akka.Actor;
using Akka.Event;
using TcpCopy.Copier.Shards;
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
    private Queue<object>? _beforeBegin = new();
    private bool _isUrgent;
    private bool _isBooked;

    public SessionActor(Shard shard, SessionEntry entry)
    {
        _shard = shard;
        _entry = entry;
        _session = shard.NewSession(entry);
        _timer = new LoopTimer(shard.Loop, Self, Wake.Instance);
    }

    protected override void OnReceive(object message)
    {
        if (_beforeBegin is not null && message is not (Begin or SampleOut or StopSession))
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
            Context.GetLogger().Error(error, "session {0} failed and is reset at the target; the others go on", _entry.Captured);
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
        _shard.Forget(_entry);
        _entry.Successor.Tell(Begin.Instance);
    }

    private void Handle(object message)
    {
        var (now, output) = (_shard.Loop.Now, _shard.Output);
        switch (message)
        {
            case Segment segment:
                _session.OnSegment(segment, now, output);
                break;
            case ReplyMessage reply:
                _session.OnReply(reply.Header, now, output);
                _shard.Recycle(reply);
                break;
            case Wake:
                _session.OnWake(now, output);
                break;
            case SendFailed failure:
                _session.OnSendFailed(failure.Errno);
                break;
            case Begin:
                OnBegin();
                break;
            case Superseded:
                _isUrgent = true;
                _session.OnClientGone(now, output);
                break;
            case ShedSession:
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
                Unhandled(message);
                break;
        }
    }

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
        var isUnknownToTarget = _beforeBegin is not null;
        OnBegin();
        _session.Abort(outcome, _shard.Output);
        if (isUnknownToTarget)
            _shard.Output.Clear();
    }

    private void Send()
    {
        foreach (ref readonly var segment in _shard.Output.Items)
            _shard.Sender.Queue(_entry.Replica, segment, _entry);
        _shard.Output.Clear();
    }

    /// <summary>Books the outcome when it stands, and goes when nothing is left to answer, or somebody waits for it to go.</summary>
    private void Settle()
    {
        if (!_isBooked && _session.Outcome is { } outcome)
            Book(outcome);
        if (_session.IsClosed || (_isBooked && _isUrgent))
            Context.Stop(Self);
        else
            _timer.SetNoLaterThan(_session.NextWake);
    }

    private void Book(SessionOutcome outcome)
    {
        _isBooked = true;
        _shard.Accounts.End(outcome, _session.Tally);
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
            Context.GetLogger().Error(error, "session {0} could not be reset at the target", _entry.Captured);
            _shard.Output.Clear();
        }
        Book(outcome);
    }
}
