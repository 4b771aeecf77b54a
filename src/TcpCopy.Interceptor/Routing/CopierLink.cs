using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;

namespace TcpCopy.Interceptor.Routing;

/// <summary>One shard of a copier: where its replies are gathered until they are sent.</summary>
internal sealed class CopierLink(IActorRef shard, Instant now)
{
    /// <summary>However many flows there are: a link takes a million entries in less.</summary>
    private static readonly TimeSpan RegistrationLimit = TimeSpan.FromMinutes(1);

    private readonly ReplyBatchWriter _batch = new();

    public IActorRef Shard => shard;

    /// <summary>It is told when each reply came by the tap, and how its payload begins.</summary>
    public bool IsTraced
    {
        get => _batch.TraceClock is not null;
        set => _batch.TraceClock = value ? CaptureClock : null;
    }

    /// <summary>When it was last heard of.</summary>
    public Instant LastHeard { get; set; } = now;

    /// <summary>How often it was greeted again: it registers all its live flows anew each time.</summary>
    public int Registration { get; private set; }

    /// <summary>When it has surely registered them; <see cref="Instant.Never"/>: it was not greeted again.</summary>
    public Instant RegisteredAt { get; set; } = Instant.Never;

    /// <summary>Flows that it registered so far.</summary>
    public long Flows { get; set; }

    public long Replies { get; private set; }

    public long Batches { get; private set; }

    /// <returns>When it is over.</returns>
    public Instant BeginRegistration(Instant now)
    {
        Registration++;
        return RegisteredAt = now + RegistrationLimit;
    }

    public void Add(Route<CopierLink> route, in ReplyHeader reply, IActorRef sender)
    {
        Replies++;
        if (reply.Flags.Has(TcpFlags.Ack))
            route.Acknowledged = reply.Acknowledgement;
        if (_batch.TryJoin(route.LastEntry, reply))
            return;
        if (_batch.IsFull)
            Flush(sender);
        route.LastEntry = _batch.Add(new FlowId(route.Id), reply);
    }

    /// <summary>What the kernel stamps captured packets by.</summary>
    private static Instant CaptureClock() => Instant.FromUtc(DateTime.UtcNow);

    public void Flush(IActorRef sender)
    {
        if (_batch.IsEmpty)
            return;
        Batches++;
        shard.Tell(_batch.Take(), sender);
    }
}
