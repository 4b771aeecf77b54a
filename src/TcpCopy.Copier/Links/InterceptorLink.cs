using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Shards;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

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
    private readonly LoopTimer _helloTimer;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _interceptor = ActorRefs.Nobody;
    private string? _lastRefusal;

    public InterceptorLink(Shard shard, Address node, IReadOnlyList<Endpoint> targets)
    {
        (_shard, _node, _targets) = (shard, node, targets);
        _helloTimer = new LoopTimer(shard.Loop, Self, SayHello.Instance);
    }

    protected override void PreStart() => Greet();

    protected override void PostStop()
    {
        _helloTimer.Cancel();
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
            case TakeLeave:
                _interceptor.Tell(Goodbye.Instance, Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Greet()
    {
        var path = new RootActorPath(_node) / "user" / "interceptor";
        Context.ActorSelection(path).Tell(new Hello(ProtocolVersion.Current, [], _targets), Self);
        _helloTimer.Set(_shard.Loop.Now + HelloInterval);
    }

    private void OnWelcome(Welcome welcome)
    {
        if (welcome.Version != ProtocolVersion.Current)
        {
            OnRefused($"it speaks protocol version {welcome.Version} and this copier {ProtocolVersion.Current}: install the same tcpcopy on both");
            return;
        }
        _helloTimer.Cancel();
        _lastRefusal = null;
        _interceptor = Context.Watch(Sender);
        var live = _shard.Table.All.Where(entry => entry.IsAnnounced).Select(entry => (entry.Id, entry.Replica));
        _shard.Flows.AddLink(Sender, Self, welcome.Addresses, live);
        _log.Info("linked to interceptor {0}, which takes the replies of port {1}", _node, string.Join(", ", welcome.Ports));
        Context.Parent.Tell(new LinkUp(_node));
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
        _shard.Flows.RemoveLink(Self);
        Context.Parent.Tell(new LinkDown(_node));
        Greet();
    }

    /// <summary>The interceptor is about to remove its rules. What has no other is closed at the target before.</summary>
    private void OnLeaving()
    {
        _log.Warning("interceptor {0} stops: its replicas are reset, and sessions that begin before it is back are not copied", _node);
        _shard.Flows.RemoveLink(Self);
        Context.Parent.Tell(new LinkDown(_node));
        Context.Parent.Tell(LinkLeaving.Instance);
    }

    private void Distribute(ReplyBatch batch)
    {
        var reader = new ReplyBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var id, out var header))
        {
            if (!_shard.Table.TryFind(id, out var entry))
            {
                _shard.RepliesWithoutSession++;
                continue;
            }
            _shard.Replies++;
            var reply = _shard.NewReply();
            reply.Header = header;
            entry.Actor.Tell(reply, ActorRefs.NoSender);
        }
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
