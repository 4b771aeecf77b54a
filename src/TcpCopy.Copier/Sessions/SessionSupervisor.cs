using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// Parent of a shard's sessions: opens them, and ends the one that throws, alone. Capture sends it what belongs to no session in the table.
/// </summary>
internal sealed class SessionSupervisor : UntypedActor
{
    private const int MegaByte = 1_000_000;

    private readonly Shard _shard;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private long _lastId;
    private long _shedForMemory;

    public SessionSupervisor(Shard shard) => _shard = shard;

    /// <summary>An exception ends its session; what the session logged with its key is not logged again.</summary>
    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(maxNrOfRetries: -1, withinTimeMilliseconds: -1, _ => Directive.Stop, loggingEnabled: false);

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Segment segment:
                OnSegment(segment);
                break;
            case DeadLetter { Message: Segment late }:
                // Told to a session that ended first: its lease would be lost otherwise.
                late.Release();
                break;
            case DeadLetter:
                break;
            case StopSession stop:
                foreach (var child in Context.GetChildren())
                    child.Tell(stop);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnSegment(Segment segment)
    {
        if (_shard.Table.TryFind(segment.Flow, out var entry) && entry.Takes(segment))
            entry.Actor.Tell(segment);
        else if (segment.Origin == SegmentOrigin.Client && RefusedFlows.IsBeginning(segment.Flags, segment.PayloadLength))
            Open(segment, entry);
        else
            PassOver(segment);
    }

    private void Open(Segment first, SessionEntry? predecessor)
    {
        if (!_shard.Transfers.TryFind(first.Flow.Server, out var transfer))
        {
            first.Release();
            return;
        }
        var isNew = first.Flags.Has(TcpFlags.Syn);
        var replica = new FlowKey(first.Flow.Client, transfer.Target);
        var refusal = Refusal(replica, isNew);
        if (refusal is { } outcome)
        {
            Refuse(first, predecessor, outcome);
            return;
        }
        _shard.Refused.Forget(first.Flow);
        var entry = new SessionEntry(new FlowId(++_lastId), first.Flow, replica, isNew ? first.Sequence : null);
        _shard.Accounts.Begin();
        _shard.Table.Add(entry);
        entry.Actor = Context.ActorOf(Props.CreateBy(new SessionProducer(_shard, entry)).WithDispatcher(_shard.Dispatcher));
        entry.Actor.Tell(first);
        if (predecessor is null)
        {
            entry.Actor.Tell(Begin.Instance);
            return;
        }
        predecessor.Successor = entry.Actor;
        predecessor.Actor.Tell(Superseded.Instance);
    }

    /// <summary>Why a connection gets no session; null when it gets one.</summary>
    private SessionOutcome? Refusal(in FlowKey replica, bool isNew)
    {
        if (!_shard.Sampler.Takes(replica.Client))
            return SessionOutcome.SampledOut;
        if (!isNew && _shard.CopiesFullSessionsOnly)
            return SessionOutcome.MidStreamRefused;
        // With no interceptor to take them, the target's replies would reach the real client.
        return _shard.Flows.IsServed(replica) && !IsShortOfMemory() ? null : SessionOutcome.Shed;
    }

    /// <summary>Says so once when it begins and once when it is over.</summary>
    private bool IsShortOfMemory()
    {
        var memory = _shard.Memory;
        if (memory.IsTight)
        {
            if (_shedForMemory++ == 0)
                _log.Warning("sessions that begin now are shed: {0} MB of max-memory ({1} MB) are in use", memory.Used / MegaByte, memory.Bytes / MegaByte);
            return true;
        }
        if (_shedForMemory > 0)
            _log.Info("sessions are copied again; {0} were shed for want of memory", _shedForMemory);
        _shedForMemory = 0;
        return false;
    }

    /// <summary>Counts a connection once, however much it sends. Once an interceptor is there again it is joined, and counts as another session.</summary>
    private void Refuse(Segment first, SessionEntry? predecessor, SessionOutcome outcome)
    {
        _shard.Refused.Refuse(first.Flow, first.Flags, outcome);
        predecessor?.Actor.Tell(Superseded.Instance);
        first.Release();
    }

    private void PassOver(Segment segment)
    {
        _shard.Refused.PassOver(segment.Flow, segment.Flags);
        segment.Release();
    }
}

/// <summary>Makes session actors without reflection: a short connection's largest cost is its actor's start.</summary>
internal sealed class SessionProducer(Shard shard, SessionEntry entry) : IIndirectActorProducer
{
    public Type ActorType => typeof(SessionActor);

    public ActorBase Produce() => new SessionActor(shard, entry);

    public void Release(ActorBase actor)
    {
        // Nothing is pooled: the actor goes with its session.
    }
}
