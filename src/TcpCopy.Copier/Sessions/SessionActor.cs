using Akka.Actor;
using Akka.Event;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>// [5] One captured connection: hands each input to its <see cref="ReplaySession"/>, sends what comes out, keeps one deadline.</summary>
internal sealed class SessionActor : UntypedActor
{
    private readonly Shard _shard;
    private readonly SessionEntry _entry;
    private readonly ReplaySession _session;
    private readonly LoopTimer _timer;
    private bool _ended;

    public SessionActor(Shard shard, SessionEntry entry)
    {
        _shard = shard;
        _entry = entry;
        _session = shard.NewSession(entry);
        _timer = new LoopTimer(shard.Loop, Self, Wake.Instance);
    }

    protected override void OnReceive(object message)
    {
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
        if (!_ended && _session.Outcome is { } outcome)
            End(outcome);
        if (_session.IsClosed)
            Context.Stop(Self);
        else
            _timer.SetNoLaterThan(_session.NextWake);
    }

    /// <summary>Stopped with its books open: either an exception ended it, or the whole node goes down.</summary>
    protected override void PostStop()
    {
        _timer.Cancel();
        if (!_ended)
            CloseInHaste(_shard.IsStopping ? SessionOutcome.Stopped : SessionOutcome.Failed);
        _shard.Forget(_entry);
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
            case Superseded:
                _session.Abort(OutcomeWhenSuperseded(), output);
                break;
            case StopSession:
                _session.Abort(SessionOutcome.Stopped, output);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The client is done with the connection, whether or not the capture saw its end; what counts is whether the target got all of it.</summary>
    private SessionOutcome OutcomeWhenSuperseded() =>
        _session.Tally.BytesLost == 0 ? SessionOutcome.Replayed : SessionOutcome.ReplyTimeout;

    private void Send()
    {
        foreach (ref readonly var segment in _shard.Output.Items)
            _shard.Sender.Queue(_entry.Replica, segment, _entry);
        _shard.Output.Clear();
    }

    private void End(SessionOutcome outcome)
    {
        _ended = true;
        _shard.Accounts.End(outcome, _session.Tally);
    }

    private void CloseInHaste(SessionOutcome outcome)
    {
        _shard.Output.Clear();
        try
        {
            _session.Abort(outcome, _shard.Output);
            Send();
        }
        catch (Exception error)
        {
            Context.GetLogger().Error(error, "session {0} could not be reset at the target", _entry.Captured);
            _shard.Output.Clear();
        }
        End(outcome);
    }
}
