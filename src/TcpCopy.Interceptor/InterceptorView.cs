using Akka.Actor;
using Akka.Cluster;
using TcpCopy.Contracts.Api;
using TcpCopy.Interceptor.Routing;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Remoting;

namespace TcpCopy.Interceptor;

/// <summary>The way to look at an interceptor from outside while it runs. From any thread.</summary>
public sealed class InterceptorView
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private readonly ActorSystem _system;
    private readonly IActorRef _node;

    internal InterceptorView(ActorSystem system, IActorRef node) => (_system, _node) = (system, node);

    /// <summary>The members of the cluster, as this node sees them.</summary>
    public IReadOnlyList<ClusterMember> Members => ClusterMembers.ReadAll(Cluster.Get(_system));

    /// <exception cref="AskTimeoutException">The tap did not answer.</exception>
    public async Task<InterceptorReport> ReadAsync(CancellationToken cancel)
    {
        var report = await _node.Ask<InterceptorReport>(GetReport.Instance, AnswerLimit, cancel).ConfigureAwait(false);
        return report with { BatchesDropped = LoopTransport.DroppedBy(_system) };
    }
}
