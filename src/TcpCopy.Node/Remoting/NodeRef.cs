using System.Text;
using Akka.Actor;
using Akka.Remote;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Node.Remoting;

/// <summary>
/// An actor on another node. Replies that it is told on the transport's loop go into the connection to that node as they are, without a sender, and may arrive
/// before what it was told before them. All else, and replies while there is no such connection, goes by Akka's endpoints, which would copy each reply eight
/// times and take 2.6 KB for a message.
/// </summary>
internal sealed class NodeRef(RemoteTransport remoting, Address localAddress, ActorPath path)
    : RemoteActorRef(remoting, localAddress, path, ActorRefs.Nobody, Props.None, Deploy.None)
{
    private readonly RemoteTransport _remoting = remoting;
    private Address? _node;
    private byte[]? _recipient;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not ReplyBatch batch || !TrySend(batch))
            base.TellInternal(message, sender);
    }

    private bool TrySend(ReplyBatch batch)
    {
        if (LoopTransport.Of(_remoting.System) is not { Loop.IsCurrent: true } transport)
            return false;
        // By the loop's thread alone, and once: most references are told no reply in all their life.
        _node ??= LoopTransport.Plain(Path.Address);
        _recipient ??= Encoding.UTF8.GetBytes(Path.ToSerializationFormat());
        return transport.TrySend(_node, _recipient, batch);
    }
}
