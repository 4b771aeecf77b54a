using System.Buffers;
using Akka.Actor;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Views;

/// <summary>
/// A search through a shard's sessions that goes on a few at a time, between the turns of copying: it notes at the start which sessions there are, and looks
/// at each when it comes to it. It keeps no more than one page. Loop thread only.
/// </summary>
internal sealed class SessionSurvey
{
    private readonly PriorityQueue<SessionRow, SessionCursor> _page = new(Comparer<SessionCursor>.Create((one, other) => other.CompareTo(one)));
    private readonly SessionQuery _query;
    private readonly int _shard;
    private readonly SessionEntry[] _entries;
    private readonly int _count;
    private int _next;
    private long _matching;

    public SessionSurvey(FindSessions question, IActorRef asker, IReadOnlyCollection<SessionEntry> live)
    {
        (_query, _shard, Asker) = (question.Query, question.Shard, asker);
        _count = _query.IsEnded ? 0 : live.Count;
        _entries = ArrayPool<SessionEntry>.Shared.Rent(Math.Max(1, _count));
        if (!_query.IsEnded)
            Fill(live);
    }

    public IActorRef Asker { get; }

    /// <summary>Looks at the next sessions, at most so many.</summary>
    /// <returns>True when all have been looked at.</returns>
    public bool GoOn(int limit, Instant now)
    {
        for (var end = Math.Min(_count, _next + limit); _next < end; _next++)
            Look(_entries[_next], now);
        return _next == _count;
    }

    /// <summary>The answer; the survey is over.</summary>
    public SessionPage Finish(EndedSessions ended)
    {
        if (_query.IsEnded)
        {
            foreach (var session in ended.All)
                Look(session);
        }
        ArrayPool<SessionEntry>.Shared.Return(_entries, clearArray: true);
        var rows = new SessionRow[_page.Count];
        for (var index = rows.Length - 1; index >= 0; index--)
            rows[index] = _page.Dequeue();
        return new SessionPage(rows, _matching);
    }

    private void Fill(IReadOnlyCollection<SessionEntry> live)
    {
        var index = 0;
        foreach (var entry in live)
            _entries[index++] = entry;
    }

    private void Look(SessionEntry entry, Instant now)
    {
        if (!_query.Takes(entry.Captured) || entry.Session is not { } session || (_query.Phase is { } phase && session.Phase != phase))
            return;
        _matching++;
        var place = PlaceOf(entry.Id.Value, _query.Order switch
        {
            SessionOrder.Bytes => session.Tally.BytesCaptured,
            SessionOrder.Retransmissions => session.Tally.Retransmissions,
            SessionOrder.Hold => session.HeldFor(now).Ticks,
            // When it began does not change from page to page, as its age does.
            _ => -entry.BegunAt.Ticks,
        });
        if (IsOnPage(place))
            Add(SessionRow.Of(entry, place, now));
    }

    private void Look(in EndedSession ended)
    {
        if (!_query.Takes(ended.Captured) || (_query.Outcome is { } outcome && ended.Outcome != outcome))
            return;
        _matching++;
        var place = PlaceOf(ended.Id.Value, _query.Order switch
        {
            SessionOrder.Bytes => ended.Tally.BytesCaptured,
            SessionOrder.Retransmissions => ended.Tally.Retransmissions,
            SessionOrder.Hold => 0,
            _ => (ended.EndedAt - ended.BegunAt).Ticks,
        });
        if (IsOnPage(place))
            Add(SessionRow.Of(ended, place));
    }

    private SessionCursor PlaceOf(long number, long key) => new(key, new SessionName(_shard, number));

    private bool IsOnPage(in SessionCursor place) =>
        (_query.After is not { } after || place.CompareTo(after) > 0)
        && (_page.Count < _query.Limit || (_page.TryPeek(out _, out var last) && place.CompareTo(last) < 0));

    private void Add(SessionRow row)
    {
        _page.Enqueue(row, row.Place);
        if (_page.Count > _query.Limit)
            _page.Dequeue();
    }
}
