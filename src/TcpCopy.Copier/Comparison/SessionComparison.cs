using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Comparison;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Comparison;

/// <summary>One session as both sides answer it; what is done with goes into the books. Loop thread only.</summary>
internal sealed class SessionComparison(SessionEntry entry, ComparisonBooks books)
{
    private readonly ExchangeLog _log = new();

    public void OnSegment(Segment segment)
    {
        _log.OnSegment(segment);
        Book();
    }

    public void OnOnline(OnlineAnswer answer)
    {
        _log.OnOnline(answer.Header, answer.CapturedAt);
        Book();
    }

    public void OnSent(in OutgoingSegment segment, Instant now) => _log.OnSent(segment, now);

    public void OnReply(in ReplyHeader reply, Instant now)
    {
        _log.OnReply(reply, now);
        Book();
    }

    /// <summary>The session is over.</summary>
    public void Close()
    {
        _log.Close();
        Book();
    }

    private void Book()
    {
        while (_log.TryTake(out var request))
            books.Add(entry, request);
    }
}
