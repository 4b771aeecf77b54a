using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;

namespace TcpCopy.Node.Hosting;

/// <summary>
/// The end of a node's membership that it did not ask for: another node refuses to hear it any more (quarantine), or somebody took it out (downed). Neither
/// heals within this process: it is to end in order, and its service manager starts it again as a new member.
/// </summary>
public static class Expulsion
{
    /// <summary>Completed when the node was told to stop, or has to because it was expelled.</summary>
    public static async Task WhenOverAsync(ActorSystem system, Action<string> onExpelled, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(stopped.SetResult);
        var expelled = Watch(system);
        await Task.WhenAny(stopped.Task, expelled).ConfigureAwait(false);
        if (expelled.IsCompleted && !stop.IsCancellationRequested)
            onExpelled(await expelled.ConfigureAwait(false));
    }

    /// <summary>Completed with the reason, in words for the operator.</summary>
    private static Task<string> Watch(ActorSystem system)
    {
        var expelled = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Cluster.Get(system).RegisterOnMemberRemoved(() => expelled.TrySetResult("it was removed from the cluster (downed)"));
        system.ActorOf(Props.Create(() => new QuarantineWatch(expelled)), "quarantine");
        return expelled.Task;
    }

    private sealed class QuarantineWatch(TaskCompletionSource<string> expelled) : UntypedActor
    {
        protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));

        protected override void OnReceive(object message)
        {
            if (message is ThisActorSystemQuarantinedEvent quarantined)
                expelled.TrySetResult($"{quarantined.RemoteAddress} has quarantined it and hears it no more");
        }
    }
}

/// <summary>What a node tells the process around it.</summary>
/// <param name="OnReady">Called once, when it does its work.</param>
/// <param name="OnExpelled">Called when it ends because it was taken out of the cluster, with the reason.</param>
public sealed record NodeEvents(Action OnReady, Action<string> OnExpelled);
