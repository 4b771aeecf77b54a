using System.Collections.Concurrent;
using Akka.Actor;
using TcpCopy.Copier.Shards;

namespace TcpCopy.Copier.Tests.Fakes;

/// <summary>Stands where a link looks for its interceptor; a test hears what it is told and says what it says. It lives on the shard's loop.</summary>
internal sealed class FakeInterceptor
{
    private readonly ActorSystem _system;
    private IActorRef _place;

    public FakeInterceptor(ActorSystem system)
    {
        _system = system;
        _place = Start();
    }

    /// <summary>What it was told, in order.</summary>
    public ConcurrentQueue<object> Heard { get; } = new();

    /// <summary>Tells the link that spoke last.</summary>
    public void Say(object message) => _place.Tell(new Saying(message));

    public void End() => _system.Stop(_place);

    /// <summary>Begins another in the place of the one that ended.</summary>
    /// <exception cref="InvalidActorNameException">The place is not free yet.</exception>
    public void Restart() => _place = Start();

    private IActorRef Start() => _system.ActorOf(Props.Create(() => new Place(Heard)).WithDispatcher(ShardLoops.First), "interceptor");

    private sealed record Saying(object Message);

    private sealed class Place(ConcurrentQueue<object> heard) : UntypedActor
    {
        private IActorRef _link = ActorRefs.Nobody;

        protected override void OnReceive(object message)
        {
            if (message is Saying saying)
            {
                _link.Tell(saying.Message, Self);
                return;
            }
            _link = Sender;
            heard.Enqueue(message);
        }
    }
}
