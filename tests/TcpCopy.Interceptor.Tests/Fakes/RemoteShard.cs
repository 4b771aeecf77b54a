using Akka.Actor;

namespace TcpCopy.Interceptor.Tests.Fakes;

/// <summary>A shard of a copier on another node; what it is told is lost.</summary>
internal sealed class RemoteShard(Address node) : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(node) / "user" / "copier" / "shard";

    public override IActorRefProvider Provider => throw new NotSupportedException();
}
