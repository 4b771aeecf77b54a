using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// Parent of a shard's sessions: opens them, and ends the one that throws, alone. Capture sends it what belongs to no session in the table.
/// </summary>
internal sealed class SessionSupervisor : UntypedActor
{
    private const int MegaByte = 1_000_000;

    private readonly Shard _shard;
    private readonly Props _props;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LoopTimer _logTimer;
    private readonly Shortage _memoryShortage = new();
    private readonly Shortage _portShortage = new();
    private long _lastId;

    public SessionSupervisor(Shard shard)
    {
        _shard = shard;
        _props = Props.CreateBy(new SessionProducer(shard)).WithDeploy(Deploy.Local.WithDispatcher(shard.Dispatcher).WithMailbox(ShardLoops.Mailbox));
        _logTimer = new LoopTimer(shard.Loop, Self, LogWindowOver.Instance);
        shard.Log = new SessionLog(_log, _logTimer);
        shard.Spares.Clear();
    }

    /// <summary>An exception ends its session; what the session logged with its key is not logged again.</summary>
    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(maxNrOfRetries: -1, withinTimeMilliseconds: -1, _ => Directive.Stop, loggingEnabled: false);

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void PostStop()
    {
        _logTimer.Cancel();
        _shard.Log?.OnWindowOver();
        Context.System.EventStream.Unsubscribe(Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Segment segment:
                OnSegment(segment);
                break;
            case OnlineAnswer answer:
                OnAnswer(answer);
                break;
            case OnlineReset reset:
                OnOnlineReset(reset);
                break;
            case DeadLetter { Message: Segment late } dead when dead.Recipient.Path.Parent.Equals(Self.Path):
                // Told to one of this shard's actors that was stopped first: its lease would be lost otherwise.
                late.Release();
                break;
            case DeadLetter:
                break;
            case LogWindowOver:
                _shard.Log?.OnWindowOver();
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

    /// <summary>It was captured before its session was opened, by the client's segment that came here before it.</summary>
    private void OnAnswer(OnlineAnswer answer)
    {
        if (_shard.Table.TryFind(answer.Flow, out var entry) && !entry.IsSucceeded)
            entry.Actor.Tell(answer);
        else
            _shard.OnlineAnswers.Return(answer);
    }

    private void OnOnlineReset(OnlineReset reset)
    {
        if (_shard.Table.TryFind(reset.Flow, out var entry) && !entry.IsSucceeded)
            entry.Actor.Tell(reset);
        else
            _shard.Refused.Forget(reset.Flow);
    }

    private void Open(Segment first, SessionEntry? predecessor)
    {
        if (!_shard.Transfers.TryFind(first.Flow.Server, out var transfer))
        {
            first.Release();
            return;
        }
        var isNew = first.Flags.Has(TcpFlags.Syn);
        var refusal = Refusal(first.Flow, transfer.Target, first.Flags, out var replica);
        if (refusal is { } outcome)
        {
            Refuse(first, predecessor, outcome);
            return;
        }
        _shard.Refused.Forget(first.Flow);
        var entry = new SessionEntry(new FlowId(++_lastId), first.Flow, replica, isNew ? first.Sequence : null) { BegunAt = _shard.Loop.Now };
        _shard.Accounts.Begin();
        _shard.Table.Add(entry);
        entry.Actor = _shard.Spares.TryTake(out var spare) ? spare : Context.ActorOf(_props);
        entry.Actor.Tell(entry);
        // With ports of their own the two do not meet at the target.
        if (predecessor is not null && predecessor.Replica == replica)
            predecessor.Successor = entry;
        else
            entry.Actor.Tell(Begin.Instance);
        entry.Actor.Tell(first);
        predecessor?.Actor.Tell(Superseded.Instance);
    }

    /// <summary>Why a connection gets no session; null when it gets one, and the replica's ports are its own until it is forgotten.</summary>
    private SessionOutcome? Refusal(in FlowKey flow, in Endpoint target, TcpFlags flags, out FlowKey replica)
    {
        var client = flow.Client;
        replica = new FlowKey(client with { Address = _shard.Clients.AddressFor(client, target) }, target);
        if (_shard.PassesOver(client) is { } passedOver)
            return passedOver;
        var isNew = flags.Has(TcpFlags.Syn);
        if (!isNew && _shard.IsMaybeAnothers(client))
            return SessionOutcome.LeftToAnother;
        if (!isNew && _shard.CopiesFullSessionsOnly)
            return SessionOutcome.MidStreamRefused;
        if (!isNew && _shard.Refused.IsLeftAlone(flow, _shard.Loop.Now))
            return SessionOutcome.Shed;
        // With no interceptor to take them, the target's replies would reach the real client.
        if (!_shard.Flows.IsServed(replica) || IsShortOfMemory() || !_shard.Escape.MayOpen())
            return SessionOutcome.Shed;
        return TryRent(client, target, out replica) ? null : SessionOutcome.PoolExhausted;
    }

    private bool TryRent(in Endpoint client, in Endpoint target, out FlowKey replica)
    {
        if (!_shard.Clients.TryRent(client, target, out replica))
        {
            if (_portShortage.Meet(_shard.Loop.Now))
                _log.Warning(
                    "every port from which {0} may send replicas to {1} is in use: sessions end as pool-exhausted (tcpcopy.replicas: more addresses or ports)",
                    replica.Client.Address, target);
            return false;
        }
        if (_portShortage.Pass(_shard.Loop.Now) is { } met)
            _log.Info("ports for replicas are free again; {0} sessions found none", met);
        return true;
    }

    private bool IsShortOfMemory()
    {
        var memory = _shard.Memory;
        if (memory.IsTight)
        {
            if (_memoryShortage.Meet(_shard.Loop.Now))
                _log.Warning("sessions that begin now are shed: {0} MB of max-memory ({1} MB) are in use", memory.Used / MegaByte, memory.Bytes / MegaByte);
            return true;
        }
        if (_memoryShortage.Pass(_shard.Loop.Now) is { } met)
            _log.Info("sessions are copied again; {0} were shed for want of memory", met);
        return false;
    }

    /// <summary>Counts a connection once, however much it sends. Once an interceptor is there again it is joined, and counts as another session.</summary>
    private void Refuse(Segment first, SessionEntry? predecessor, SessionOutcome outcome)
    {
        _shard.Refused.Refuse(first.Flow, first.Flags, first.Sequence, outcome, _shard.Loop.Now);
        predecessor?.Actor.Tell(Superseded.Instance);
        first.Release();
    }

    private void PassOver(Segment segment)
    {
        _shard.Refused.PassOver(segment.Flow, segment.Flags);
        segment.Release();
    }

    private sealed class LogWindowOver
    {
        public static readonly LogWindowOver Instance = new();
    }
}
