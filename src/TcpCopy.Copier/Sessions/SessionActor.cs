using Akka.Actor;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// // [5] The actor of one captured connection, and when that is over of another: the start and the end of an actor are a large part of what a short
/// connection costs. It is told a <see cref="SessionEntry"/> for each.
/// </summary>
internal sealed class SessionActor : UntypedActor
{
    private readonly Shard _shard;
    private readonly LoopTimer _timer;
    private LiveSession? _session;

    public SessionActor(Shard shard)
    {
        _shard = shard;
        _timer = new LoopTimer(shard.Loop, Self, Wake.Instance);
    }

    protected override void OnReceive(object message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception error)
        {
            // Logged here, where the key is known; the supervisor only decides, and others have their turn before it does.
            _shard.Output.Clear();
            _shard.Log?.OnFailed(_session?.Entry ?? message as SessionEntry, error);
            throw;
        }
    }

    /// <summary>An exception has ended the session, or the whole node goes down.</summary>
    protected override void PostStop() => _session?.Close();

    private void Handle(object message)
    {
        if (_session is { } session)
            OnMessage(session, message);
        else if (message is SessionEntry entry)
            _session = new LiveSession(_shard, entry, _timer);
        else
            OnLate(message);
    }

    private void OnMessage(LiveSession session, object message)
    {
        if (message is DescribeSession)
        {
            Sender.Tell(session.Describe());
            return;
        }
        session.OnMessage(message);
        if (session.IsOver)
            Leave(session);
    }

    /// <summary>
    /// Nobody finds the actor under this session any more. All who tell it something are on this loop, so that what it was told before comes ahead of its
    /// next session.
    /// </summary>
    private void Leave(LiveSession session)
    {
        session.Close();
        _session = null;
        if (!_shard.Spares.TryAdd(Self))
            Self.Tell(PoisonPill.Instance);
    }

    /// <summary>It was told while the session was ending.</summary>
    private void OnLate(object message)
    {
        switch (message)
        {
            case Segment segment:
                segment.Release();
                break;
            case ReplyMessage reply:
                _shard.ReplyMessages.Return(reply);
                break;
            case OnlineAnswer answer:
                _shard.OnlineAnswers.Return(answer);
                break;
            case DescribeSession:
                Sender.Tell(NoSuchSession.Instance);
                break;
        }
    }
}

/// <summary>Makes session actors without reflection.</summary>
internal sealed class SessionProducer(Shard shard) : IIndirectActorProducer
{
    public Type ActorType => typeof(SessionActor);

    public ActorBase Produce() => new SessionActor(shard);

    public void Release(ActorBase actor)
    {
        // An actor that stops is nobody's.
    }
}
