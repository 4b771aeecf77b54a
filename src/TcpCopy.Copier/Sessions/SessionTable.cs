using System.Diagnostics.CodeAnalysis;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>// [4] The live sessions of a shard, by captured flow for segments and by id for replies. Loop thread only.</summary>
internal sealed class SessionTable
{
    private readonly Dictionary<FlowKey, SessionEntry> _byFlow = [];
    private readonly Dictionary<FlowId, SessionEntry> _byId = [];

    /// <summary>Sessions with a live replica, those that linger after their client's ports were reused included.</summary>
    public IReadOnlyCollection<SessionEntry> All => _byId.Values;

    public bool TryFind(in FlowKey captured, [NotNullWhen(true)] out SessionEntry? entry) => _byFlow.TryGetValue(captured, out entry);

    public bool TryFind(FlowId id, [NotNullWhen(true)] out SessionEntry? entry) => _byId.TryGetValue(id, out entry);

    /// <summary>Adds a session; an older one of the same flow keeps its id and loses the flow.</summary>
    public void Add(SessionEntry entry)
    {
        _byFlow[entry.Captured] = entry;
        _byId.Add(entry.Id, entry);
    }

    public void Remove(SessionEntry entry)
    {
        _byId.Remove(entry.Id);
        if (_byFlow.TryGetValue(entry.Captured, out var current) && current == entry)
            _byFlow.Remove(entry.Captured);
    }
}
