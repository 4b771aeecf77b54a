using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>Where replies of one replica go: the copier, and the number by which that copier knows the replica.</summary>
public readonly record struct Route<TCopier>(long Id, TCopier Copier)
    where TCopier : class;

/// <summary>
/// Which copier a replica belongs to. A lookup allocates nothing; forgetting a copier costs as much as it has flows, whatever the
/// others have. Used from one thread.
/// </summary>
public sealed class RouteTable<TCopier>
    where TCopier : class
{
    private readonly Dictionary<FlowKey, Flow> _flows = [];
    private readonly Dictionary<TCopier, FlowList> _copiers = [];

    /// <summary>Flows of all copiers.</summary>
    public int Count => _flows.Count;

    /// <summary>Flows of one copier; 0 for one that has none.</summary>
    public int CountOf(TCopier copier) => _copiers.TryGetValue(copier, out var list) ? list.Count : 0;

    /// <param name="replica">The connection as the target sees it.</param>
    public bool TryFind(in FlowKey replica, out Route<TCopier> route)
    {
        if (_flows.TryGetValue(replica, out var flow))
        {
            route = flow.Route;
            return true;
        }
        route = default;
        return false;
    }

    /// <summary>
    /// Routes the replica's replies from now on; an older route of the same replica is replaced, because its connection cannot be alive beside the
    /// new one. Returns the copier that loses it when that is another one: two copiers send from the same address and port.
    /// </summary>
    public TCopier? Add(in FlowKey replica, long id, TCopier copier)
    {
        TCopier? loser = null;
        if (_flows.Remove(replica, out var older))
        {
            Unlink(older);
            if (!older.Route.Copier.Equals(copier))
                loser = older.Route.Copier;
        }
        var flow = new Flow(replica, new Route<TCopier>(id, copier));
        _flows.Add(replica, flow);
        Link(flow);
        return loser;
    }

    /// <summary>Ends a route if it is still this one: the end of a replica may arrive after its successor with the same ports began.</summary>
    public bool Remove(in FlowKey replica, long id, TCopier copier)
    {
        if (!_flows.TryGetValue(replica, out var flow) || flow.Route.Id != id || !flow.Route.Copier.Equals(copier))
            return false;
        _flows.Remove(replica);
        Unlink(flow);
        return true;
    }

    /// <summary>Ends every route of one copier. Returns how many there were.</summary>
    public int Forget(TCopier copier)
    {
        if (!_copiers.Remove(copier, out var list))
            return 0;
        for (var flow = list.First; flow is not null; flow = flow.Next)
            _flows.Remove(flow.Replica);
        return list.Count;
    }

    private void Link(Flow flow)
    {
        if (!_copiers.TryGetValue(flow.Route.Copier, out var list))
            _copiers.Add(flow.Route.Copier, list = new FlowList());
        flow.Next = list.First;
        if (list.First is not null)
            list.First.Previous = flow;
        list.First = flow;
        list.Count++;
    }

    private void Unlink(Flow flow)
    {
        var list = _copiers[flow.Route.Copier];
        if (flow.Previous is null)
            list.First = flow.Next;
        else
            flow.Previous.Next = flow.Next;
        if (flow.Next is not null)
            flow.Next.Previous = flow.Previous;
        if (--list.Count == 0)
            _copiers.Remove(flow.Route.Copier);
    }

    private sealed class Flow(FlowKey replica, Route<TCopier> route)
    {
        public readonly FlowKey Replica = replica;
        public readonly Route<TCopier> Route = route;
        public Flow? Previous;
        public Flow? Next;
    }

    /// <summary>The flows of one copier, linked through themselves.</summary>
    private sealed class FlowList
    {
        public Flow? First;
        public int Count;
    }
}
