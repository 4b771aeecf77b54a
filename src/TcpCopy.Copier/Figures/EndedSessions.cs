using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Figures;

/// <summary>A session that has ended, as it is remembered for a while.</summary>
internal readonly record struct EndedSession(
    FlowId Id, FlowKey Captured, Endpoint Target, Instant BegunAt, Instant EndedAt, SessionOutcome Outcome, SessionTally Tally);

/// <summary>The last sessions that ended: room for a thousand, the oldest makes way. Loop thread only.</summary>
internal sealed class EndedSessions
{
    private const int Capacity = 1000;

    private readonly List<EndedSession> _sessions = [];
    private int _next;

    /// <summary>In no order.</summary>
    public IReadOnlyList<EndedSession> All => _sessions;

    public void Add(in EndedSession session)
    {
        if (_sessions.Count < Capacity)
            _sessions.Add(session);
        else
            _sessions[_next] = session;
        _next = (_next + 1) % Capacity;
    }
}
