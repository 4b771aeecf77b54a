using TcpCopy.Copier.Figures;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// The live sessions whose share in the books is out of date. A session that does something is noted here, once; who reads the books has it brought up to
/// date then. So copying pays a glance at a flag, and reading costs what happened since the last time, however many sessions there are. Loop thread only.
/// </summary>
internal sealed class ChangedSessions(SessionAccounts accounts)
{
    private SessionEntry? _first;
    private SessionEntry? _last;

    public int Count { get; private set; }

    public void Note(SessionEntry entry)
    {
        if (entry.IsChanged)
            return;
        entry.IsChanged = true;
        entry.ChangedBefore = _last;
        if (_last is null)
            _first = entry;
        else
            _last.ChangedAfter = entry;
        _last = entry;
        Count++;
    }

    /// <summary>Brings the books up to date for the sessions that have waited longest, at most so many.</summary>
    public void Report(int limit)
    {
        for (; limit > 0 && _first is { } entry; limit--)
        {
            Remove(entry);
            var (tally, correction) = (entry.Session!.Tally, entry.Session.Correction);
            accounts.Update(entry, new LiveFigures(tally, -correction.RequestsAcknowledged, -correction.RequestsAnswered));
        }
    }

    /// <summary>The session has ended, or is up to date.</summary>
    public void Remove(SessionEntry entry)
    {
        if (!entry.IsChanged)
            return;
        if (entry.ChangedBefore is { } before)
            before.ChangedAfter = entry.ChangedAfter;
        else
            _first = entry.ChangedAfter;
        if (entry.ChangedAfter is { } after)
            after.ChangedBefore = entry.ChangedBefore;
        else
            _last = entry.ChangedBefore;
        (entry.IsChanged, entry.ChangedBefore, entry.ChangedAfter) = (false, null, null);
        Count--;
    }
}
