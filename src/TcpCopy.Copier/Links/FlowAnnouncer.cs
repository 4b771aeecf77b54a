using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Links;

/// <summary>Tells interceptors which flows begin and end, in batches that leave once a turn. Loop thread only.</summary>
internal sealed class FlowAnnouncer
{
    private readonly List<Link> _links = [];

    public bool HasBatch => _links.Exists(link => link.HasBatch);

    /// <param name="interceptor">Takes the batches.</param>
    /// <param name="self">Sender of the batches: where replies are wanted.</param>
    /// <param name="addresses">The interceptor host's own addresses.</param>
    /// <param name="live">Flows that began before, which this interceptor has to know too.</param>
    public void AddLink(IActorRef interceptor, IActorRef self, IReadOnlyList<HostAddress> addresses, IEnumerable<(FlowId Id, FlowKey Replica)> live)
    {
        RemoveLink(self);
        var link = new Link(interceptor, self, [.. addresses]);
        _links.Add(link);
        foreach (var (id, replica) in live)
        {
            if (IsFor(link, replica))
                link.Begin(id, replica);
        }
        link.Flush();
    }

    /// <param name="self">As given to <see cref="AddLink"/>.</param>
    public void RemoveLink(IActorRef self) => _links.RemoveAll(link => link.Self.Equals(self));

    /// <summary>Whether some interceptor takes the replies to this replica: nothing may be sent without.</summary>
    public bool IsServed(in FlowKey replica)
    {
        foreach (var link in _links)
        {
            if (IsFor(link, replica))
                return true;
        }
        return false;
    }

    public void Begin(FlowId id, in FlowKey replica)
    {
        foreach (var link in _links)
        {
            if (IsFor(link, replica))
                link.Begin(id, replica);
        }
    }

    public void End(FlowId id, in FlowKey replica)
    {
        foreach (var link in _links)
        {
            if (IsFor(link, replica))
                link.End(id, replica);
        }
    }

    public void Flush()
    {
        foreach (var link in _links)
            link.Flush();
    }

    /// <summary>An interceptor on the target's own host takes that target's flows; where none claims the address (NAT in between), all do.</summary>
    private bool IsFor(Link link, in FlowKey replica)
    {
        var target = replica.Server.Address;
        return link.Addresses.Contains(target) || !_links.Exists(other => other.Addresses.Contains(target));
    }

    private sealed class Link(IActorRef interceptor, IActorRef self, HashSet<HostAddress> addresses)
    {
        private readonly FlowBatchWriter _batch = new();

        public IActorRef Self => self;

        public HashSet<HostAddress> Addresses => addresses;

        public bool HasBatch => !_batch.IsEmpty;

        public void Begin(FlowId id, in FlowKey replica)
        {
            FlushIfFull();
            _batch.Begin(id, replica);
        }

        public void End(FlowId id, in FlowKey replica)
        {
            FlushIfFull();
            _batch.End(id, replica);
        }

        public void Flush()
        {
            if (!_batch.IsEmpty)
                interceptor.Tell(_batch.Take(), self);
        }

        private void FlushIfFull()
        {
            if (_batch.IsFull)
                Flush();
        }
    }
}
