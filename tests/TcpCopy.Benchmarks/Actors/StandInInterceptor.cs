using Akka.Actor;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>What the stand-in knows of the flows: written by its actor, read by the thread that waits.</summary>
internal sealed class AnnouncedFlows(int capacity)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly FlowId[] _ids = new FlowId[capacity];
    private volatile int _count;

    /// <summary>Whom replies are sent to.</summary>
    public IActorRef Link { get; set; } = ActorRefs.Nobody;

    public FlowId IdOf(int client) => _ids[client];

    public void Take(FlowBatch batch)
    {
        var reader = new FlowBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var entry))
        {
            if (entry.Event != FlowEvent.Begins)
                continue;
            _ids[SyntheticClients.IndexOf(entry.Replica.Client)] = entry.Id;
            _count++;
        }
    }

    public void Await(int count)
    {
        if (!SpinWait.SpinUntil(() => _count >= count, Bound))
            throw new TimeoutException($"{_count} of {count} flows were announced");
    }
}

/// <summary>Serves whoever says hello, and keeps note of the flows.</summary>
internal sealed class StandInInterceptor(AnnouncedFlows flows) : UntypedActor
{
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Hello:
                flows.Link = Sender;
                Sender.Tell(new Welcome(ProtocolVersion.Current, [], [SyntheticClients.Target.Port], [SyntheticClients.Target.Address]));
                break;
            case FlowBatch batch:
                flows.Take(batch);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
