using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Links;

/// <summary>Tells interceptors which flows begin, end or trail, in batches that leave at the end of a turn. Loop thread only.</summary>
internal sealed class FlowAnnouncer
{
    private readonly List<FlowLink> _links = [];

    public bool HasBatch => _links.Exists(link => link.HasBatch);

    /// <summary>Whether there is more to be told than that flows ended, which nobody waits for.</summary>
    public bool IsPressing => _links.Exists(link => link.IsPressing);

    /// <summary>Takes the place of the link with the same <see cref="FlowLink.Self"/>; what it has to be told leaves with the next flushes.</summary>
    /// <param name="link">To one interceptor.</param>
    /// <param name="live">Flows that began before, which this interceptor has to know too.</param>
    public void AddLink(FlowLink link, IEnumerable<(FlowId Id, FlowKey Replica)> live)
    {
        if (_links.Find(before => before.Self.Equals(link.Self)) is { } known)
            link.TakeOver(known);
        RemoveLink(link.Self);
        _links.Add(link);
        foreach (var (id, replica) in live)
        {
            if (IsFor(link, replica))
                link.Begin(id, replica);
        }
    }

    /// <param name="self">Of a link that was added.</param>
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

    /// <summary>The replica falls behind its client.</summary>
    public void Trail(FlowId id, in FlowKey replica)
    {
        foreach (var link in _links)
        {
            if (IsFor(link, replica))
                link.Trail(id, replica);
        }
    }

    public void Flush()
    {
        foreach (var link in _links)
            link.Flush();
    }

    /// <summary>
    /// An interceptor on the target's own host takes that target's flows; where none claims the address, those do that have no target at their own host (an
    /// assistant, NAT in between). Of several assistants each has its clients.
    /// </summary>
    private bool IsFor(FlowLink link, in FlowKey replica)
    {
        if (!link.IsFor(replica.Client.Address))
            return false;
        var target = replica.Server.Address;
        return link.IsAt(target) || (!link.HasTargets && !_links.Exists(other => other.IsAt(target)));
    }
}
