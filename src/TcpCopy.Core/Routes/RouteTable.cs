using System.Diagnostics.CodeAnalysis;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Routes;

/// <summary>Where replies of one replica go: the copier, and the number by which that copier knows the replica.</summary>
public sealed class Route<TCopier>
    where TCopier : class
{
    internal Route(in FlowKey replica, long id, TCopier copier) => (Replica, Id, Copier) = (replica, id, copier);

    public long Id { get; }

    public TCopier Copier { get; }

    /// <summary>Where the copier's batch has the flow's last reply: the batch's own number for it, 0 at first.</summary>
    public long LastEntry { get; set; }

    /// <summary>How its replies follow one another.</summary>
    public ExchangePace Pace { get; } = new();

    public FlowKey Replica { get; }

    /// <summary>Up to where the target has acknowledged the replica, by its last reply: there a reset is believed. Null before the first.</summary>
    public SeqNumber? Acknowledged { get; set; }

    /// <summary>The copier's own number for the registration of all its flows that this one was part of last.</summary>
    public int Registration { get; set; }

    internal Route<TCopier>? Previous { get; set; }

    internal Route<TCopier>? Next { get; set; }
}

/// <summary>
/// Which copier a replica belongs to. A lookup allocates nothing; forgetting a copier costs as much as it has flows, whatever the
/// others have. Used from one thread.
/// </summary>
public sealed class RouteTable<TCopier>
    where TCopier : class
{
    private readonly Dictionary<FlowKey, Route<TCopier>> _flows = [];
    private readonly Dictionary<TCopier, FlowList> _copiers = [];

    /// <summary>Flows of all copiers.</summary>
    public int Count => _flows.Count;

    /// <summary>Flows of one copier; 0 for one that has none.</summary>
    public int CountOf(TCopier copier) => _copiers.TryGetValue(copier, out var list) ? list.Count : 0;

    /// <param name="replica">The connection as the target sees it.</param>
    public bool TryFind(in FlowKey replica, [NotNullWhen(true)] out Route<TCopier>? route) => _flows.TryGetValue(replica, out route);

    /// <summary>
    /// Routes the replica's replies from now on; an older route of the same replica is replaced, because its connection cannot be alive beside the
    /// new one. Returns the copier that loses it when that is another one: two copiers send from the same address and port.
    /// </summary>
    public TCopier? Add(in FlowKey replica, long id, TCopier copier)
    {
        TCopier? loser = null;
        if (_flows.TryGetValue(replica, out var older))
        {
            // Registered again, as after a broken connection: what is known of it still holds.
            if (older.Id == id && older.Copier.Equals(copier))
                return null;
            _flows.Remove(replica);
            Unlink(older);
            if (!older.Copier.Equals(copier))
                loser = older.Copier;
        }
        var flow = new Route<TCopier>(replica, id, copier);
        _flows.Add(replica, flow);
        Link(flow);
        return loser;
    }

    /// <summary>Ends a route if it is still this one: the end of a replica may arrive after its successor with the same ports began.</summary>
    public bool Remove(in FlowKey replica, long id, TCopier copier)
    {
        if (!_flows.TryGetValue(replica, out var flow) || flow.Id != id || !flow.Copier.Equals(copier))
            return false;
        _flows.Remove(replica);
        Unlink(flow);
        return true;
    }

    /// <summary>Ends every route of one copier. Returns how many there were.</summary>
    /// <param name="copier">Whose.</param>
    /// <param name="onForgotten">Told of each one; null: nobody is.</param>
    public int Forget(TCopier copier, Action<Route<TCopier>>? onForgotten = null)
    {
        if (!_copiers.Remove(copier, out var list))
            return 0;
        for (var flow = list.First; flow is not null; flow = flow.Next)
        {
            _flows.Remove(flow.Replica);
            onForgotten?.Invoke(flow);
        }
        return list.Count;
    }

    /// <summary>Ends those routes of one copier that were no part of its registration of that number. Returns how many there were.</summary>
    public int ForgetBefore(TCopier copier, int registration)
    {
        var count = 0;
        for (var flow = _copiers.GetValueOrDefault(copier)?.First; flow is not null; flow = flow.Next)
        {
            if (flow.Registration == registration)
                continue;
            _flows.Remove(flow.Replica);
            Unlink(flow);
            count++;
        }
        return count;
    }

    private void Link(Route<TCopier> flow)
    {
        if (!_copiers.TryGetValue(flow.Copier, out var list))
            _copiers.Add(flow.Copier, list = new FlowList());
        flow.Next = list.First;
        if (list.First is not null)
            list.First.Previous = flow;
        list.First = flow;
        list.Count++;
    }

    private void Unlink(Route<TCopier> flow)
    {
        var list = _copiers[flow.Copier];
        if (flow.Previous is null)
            list.First = flow.Next;
        else
            flow.Previous.Next = flow.Next;
        if (flow.Next is not null)
            flow.Next.Previous = flow.Previous;
        if (--list.Count == 0)
            _copiers.Remove(flow.Copier);
    }

    /// <summary>The flows of one copier, linked through themselves.</summary>
    private sealed class FlowList
    {
        public Route<TCopier>? First;
        public int Count;
    }
}
