using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;
using TcpCopy.Node.Remoting;

namespace TcpCopy.Copier.Links;

/// <summary>
/// // [9] A shard's link to one interceptor: asks to be served until it is, registers every live flow, and hands the replies that come to their
/// sessions. It asks again when the interceptor goes away.
/// </summary>
internal sealed class InterceptorLink : UntypedActor
{
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(1);

    private readonly Shard _shard;
    private readonly Address _node;
    private readonly IReadOnlyList<Endpoint> _targets;
    private readonly Func<ActorSystem, Address, bool?> _isInterceptor;
    private readonly LoopTimer _helloTimer;
    private readonly LinkBook _book;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _interceptor = ActorRefs.Nobody;
    private string? _lastRefusal;

    /// <summary>Welcomes, one after the other, that lack something that was asked for.</summary>
    private int _lacking;

    /// <param name="shard">Whose link it is.</param>
    /// <param name="node">Where the interceptor is.</param>
    /// <param name="targets">Where replicas go.</param>
    /// <param name="isInterceptor">As <see cref="ShardEnvironment.IsInterceptor"/>.</param>
    public InterceptorLink(Shard shard, Address node, IReadOnlyList<Endpoint> targets, Func<ActorSystem, Address, bool?> isInterceptor)
    {
        (_shard, _node, _targets, _isInterceptor) = (shard, node, targets, isInterceptor);
        _book = shard.Books.LinkTo(node);
        _helloTimer = new LoopTimer(shard.Loop, Self, SayHello.Instance);
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AssociatedEvent));
        Greet();
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _helloTimer.Cancel();
        _book.IsUp = false;
        _shard.Flows.RemoveLink(Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ReplyBatch batch:
                Distribute(batch);
                break;
            case SayHello:
                Greet();
                break;
            case AssociatedEvent associated:
                // What was sent since the connection before it broke is lost: the flows that began among it.
                if (associated.RemoteAddress.Equals(_node) && !_shard.IsStopping)
                    Greet();
                break;
            case Welcome welcome:
                OnWelcome(welcome);
                break;
            case Refused refused:
                OnRefused(refused.Reason);
                break;
            case Terminated:
                OnLost();
                break;
            case Goodbye:
                OnLeaving();
                break;
            case ReplicaReset reset:
                OnClientReset(reset.Id);
                break;
            case TakeLeave:
                _interceptor.Tell(Goodbye.Instance, Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private IReadOnlyList<string> Features => _shard.Comparison is null ? [] : [FeatureNames.Trace];

    private void Greet()
    {
        var path = new RootActorPath(_node) / "user" / "interceptor";
        Context.ActorSelection(path).Tell(new Hello(ProtocolVersion.Current, Features, _targets), Self);
        _helloTimer.Set(_shard.Loop.Now + HelloInterval);
    }

    private void OnWelcome(Welcome welcome)
    {
        // Flows are announced to whoever welcomes: any member may claim the role, or speak for another.
        var from = Sender.Path.Address;
        if (!from.HasLocalScope && !from.Equals(_node))
            return;
        if (_isInterceptor(Context.System, from) is not true and var answer)
        {
            // Without an answer its connection has just ended: it is asked again.
            if (answer is false)
                OnRefused("its certificate is not an interceptor's; give that node one (tcpcopy certs --interceptor), or take it out of the cluster");
            return;
        }
        if (welcome.Version != ProtocolVersion.Current)
        {
            OnRefused($"it speaks protocol version {welcome.Version} and this copier {ProtocolVersion.Current}: install the same tcpcopy on both");
            return;
        }
        _helloTimer.Cancel();
        _lastRefusal = null;
        CheckFeatures(welcome);
        var isNew = !Sender.Equals(_interceptor);
        _book.IsUp = true;
        _interceptor = Context.Watch(Sender);
        var live = _shard.Table.All.Where(entry => entry.IsAnnounced).Select(entry => (entry.Id, entry.Replica));
        _shard.Flows.AddLink(LinkTo(Sender, welcome), live);
        if (isNew)
            SayLinked(welcome);
        Context.Parent.Tell(new LinkUp(_node));
    }

    /// <summary>
    /// An interceptor that was started anew may take this shard in for its flows, before it has read its greeting: so one that lacks something is greeted
    /// once more, and what it still lacks then it does not have.
    /// </summary>
    private void CheckFeatures(Welcome welcome)
    {
        _lacking = Features.All(welcome.Features.Contains) ? 0 : _lacking + 1;
        if (_lacking == 1)
            Greet();
        else if (_lacking == 2)
            _log.Warning(
                "interceptor {0} does not tell how long replies waited at its tap: the target's times of the comparison include that, several milliseconds "
                + "each, and its status codes are missing; install the same tcpcopy on both",
                _node);
    }

    private FlowLink LinkTo(IActorRef interceptor, Welcome welcome)
    {
        var system = Context.System;
        var isHere = interceptor is IActorRefScope { IsLocal: true };
        return new FlowLink(interceptor, Self, welcome.Addresses, welcome.Clients)
        {
            HasRoom = isHere ? () => true : () => LoopTransport.HasRoom(system, _node),
            HasTargets = _targets.Any(target => welcome.Addresses.Contains(target.Address)),
            Book = _book,
        };
    }

    private void SayLinked(Welcome welcome)
    {
        var clients = welcome.Clients.Count == 0 ? "" : $" to {string.Join(", ", welcome.Clients)}";
        _log.Info("linked to interceptor {0}, which takes the replies of port {1}{2}", _node, string.Join(", ", welcome.Ports), clients);
    }

    private void OnRefused(string reason)
    {
        if (reason != _lastRefusal)
            _log.Error("interceptor {0} does not serve this copier: {1}", _node, reason);
        _lastRefusal = reason;
    }

    private void OnLost()
    {
        // A copier that stops has taken its leave, and is not served any more because of that.
        if (_shard.IsStopping)
            return;
        _log.Warning("interceptor {0} is gone: live sessions wait for it until they give up, and are registered again when it is back", _node);
        _interceptor = ActorRefs.Nobody;
        _book.IsUp = false;
        _shard.Flows.RemoveLink(Self);
        Context.Parent.Tell(new LinkDown(_node));
        Greet();
    }

    /// <summary>The interceptor is about to remove its rules. What has no other is closed at the target before.</summary>
    private void OnLeaving()
    {
        _book.IsUp = false;
        _log.Warning("interceptor {0} stops: its replicas are reset, and sessions that begin before it is back are not copied", _node);
        _shard.Flows.RemoveLink(Self);
        Context.Parent.Tell(new LinkDown(_node));
        Context.Parent.Tell(LinkLeaving.Instance);
    }

    /// <summary>The target knows the replica no more; that one finds out as it would at any reset.</summary>
    private void OnClientReset(FlowId id)
    {
        if (_shard.Table.TryFind(id, out var entry) && _shard.Escape.OnClientReset(entry))
            _shard.ShedUnanswered();
    }

    private void Distribute(ReplyBatch batch)
    {
        _book.Batches++;
        var reader = new ReplyBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var id, out var header))
        {
            _book.Replies++;
            if (!_shard.Table.TryFind(id, out var entry))
            {
                _shard.RepliesWithoutSession++;
                continue;
            }
            _shard.Replies++;
            _shard.Escape.OnReply(entry);
            var reply = _shard.ReplyMessages.Rent();
            reply.Header = header;
            entry.Actor.Tell(reply, ActorRefs.NoSender);
        }
        batch.Release();
    }

    private sealed class SayHello
    {
        public static readonly SayHello Instance = new();
    }
}

/// <summary>Link to shard: the interceptor stops; answered with <see cref="TakeLeave"/> when nothing needs it any more.</summary>
internal sealed class LinkLeaving
{
    public static readonly LinkLeaving Instance = new();
}

/// <summary>Shard to link: every replica that needs the interceptor is closed.</summary>
internal sealed class TakeLeave
{
    public static readonly TakeLeave Instance = new();
}

/// <summary>The shard is served by the interceptor on this node.</summary>
internal sealed record LinkUp(Address Node);

/// <summary>The interceptor on this node is gone.</summary>
internal sealed record LinkDown(Address Node);
