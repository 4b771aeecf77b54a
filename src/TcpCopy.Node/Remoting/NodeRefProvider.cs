using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace TcpCopy.Node.Remoting;

/// <summary>Akka's own provider of a cluster's node, but for the references that it makes of actors on other nodes. Named in the configuration.</summary>
/// <param name="systemName">Given by Akka, as the others.</param>
public sealed class NodeRefProvider(string systemName, Settings settings, EventStream eventStream)
    : ClusterActorRefProvider(systemName, settings, eventStream)
{
    protected override IInternalActorRef CreateRemoteRef(ActorPath actorPath, Address localAddress) => new NodeRef(Transport, localAddress, actorPath);
}
