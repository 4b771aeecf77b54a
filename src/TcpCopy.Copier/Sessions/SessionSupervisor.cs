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
    private readonly Shard _shard;
    private readonly RefusedFlows _refused = new();
    private long _lastId;

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
        else if (segment.Origin == SegmentOrigin.Client && segment.Flags.Has(TcpFlags.Syn))
            Open(segment, entry);
        else
            Refuse(segment);
    }

    private void Open(Segment syn, SessionEntry? predecessor)
    {
        _refused.Remove(syn.Flow);
        if (!_shard.Transfers.TryFind(syn.Flow.Server, out var transfer))
        {
            syn.Release();
            return;
        }
        var replica = new FlowKey(syn.Flow.Client, transfer.Target);
        if (!_shard.Flows.IsServed(replica))
        {
            Shed(syn);
            return;
        }
        var entry = new SessionEntry(new FlowId(++_lastId), syn.Flow, replica, syn.Sequence);
        _shard.Accounts.Begin();
        _shard.Table.Add(entry);
        entry.Actor = Context.ActorOf(Props.CreateBy(new SessionProducer(_shard, entry)).WithDispatcher(Shard.Dispatcher));
        entry.Actor.Tell(syn);
        if (predecessor is null)
        {
            entry.Actor.Tell(Begin.Instance);
            return;
        }
        predecessor.Successor = entry.Actor;
        predecessor.Actor.Tell(Superseded.Instance);
    }

    /// <summary>With no interceptor to take them, the target's replies would reach the real client.</summary>
    private void Shed(Segment syn)
    {
        _refused.Add(syn.Flow);
        _shard.Accounts.Begin();
        _shard.Accounts.End(SessionOutcome.Shed, default);
        syn.Release();
    }

    /// <summary>A connection whose SYN was not seen. Only data shows that there is one: a lone FIN or RST is the end of something old.</summary>
    private void Refuse(Segment segment)
    {
        if (segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            _refused.Remove(segment.Flow);
        else if (segment.PayloadLength > 0 && _refused.Add(segment.Flow))
        {
            _shard.Accounts.Begin();
            _shard.Accounts.End(SessionOutcome.MidStreamRefused, default);
        }
        else
            _shard.CountUnmatched();
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
