using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using TcpCopy.Contracts.Serialization;

namespace TcpCopy.Node.Remoting;

/// <summary>Hands the replies that one connection brings to the actors that they are for. Loop thread only.</summary>
internal sealed class ReplyDelivery(ActorSystem system)
{
    /// <summary>A copier has a recipient for each of its shards.</summary>
    private const int MostKnown = 8;

    private readonly List<(byte[] Path, IActorRef Actor)> _known = [];

    /// <summary>An actor that is gone is not told; Akka's dead letters say so.</summary>
    /// <exception cref="SerializationException">What came is no batch of replies.</exception>
    public void Deliver(ReadOnlySpan<byte> frame)
    {
        var batch = ReplyFrame.Read(frame, out var recipient);
        Resolve(recipient).Tell(batch, ActorRefs.NoSender);
    }

    private IActorRef Resolve(ReadOnlySpan<byte> path)
    {
        foreach (var (known, actor) in _known)
        {
            if (path.SequenceEqual(known))
                return actor;
        }
        var found = ((ExtendedActorSystem)system).Provider.ResolveActorRef(Encoding.UTF8.GetString(path));
        // As with Akka's messages: nothing is passed on to another node.
        if (found is not IActorRefScope { IsLocal: true })
            found = system.DeadLetters;
        // Whatever a peer may name, it is little that is kept: the oldest goes.
        if (_known.Count == MostKnown)
            _known.RemoveAt(0);
        _known.Add((path.ToArray(), found));
        return found;
    }
}
