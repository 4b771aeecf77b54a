using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// Connections that are not copied, for no interceptor serves them or they were open before: remembered so that each counts as one session, however
/// many segments it still sends. Bounded: when full it forgets, and a forgotten one that goes on counts again.
/// </summary>
internal sealed class RefusedFlows
{
    private const int Limit = 65_536;

    private readonly HashSet<FlowKey> _flows = [];

    /// <summary>True when the flow was not known yet.</summary>
    public bool Add(in FlowKey flow)
    {
        if (_flows.Count >= Limit && !_flows.Contains(flow))
            _flows.Clear();
        return _flows.Add(flow);
    }

    public void Remove(in FlowKey flow) => _flows.Remove(flow);
}
