using Akka.Event;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Remoting;

/// <summary>Says who was refused and why, in one line: again only after a while, and never more than some lines at a time, whoever knocks.</summary>
internal sealed class RefusalLog(ILoggingAdapter log)
{
    private const int MostLines = 20;

    private static readonly TimeSpan Span = TimeSpan.FromSeconds(30);

    // What was said in this span of time, and how much was left unsaid.
    private readonly HashSet<(string Who, string Why)> _said = [];
    private Instant _ends;
    private int _unsaid;

    /// <param name="who">The peer.</param>
    /// <param name="why">In an operator's words, with the remedy where there is one.</param>
    /// <param name="now">The loop's time.</param>
    public void Add(string who, string why, Instant now)
    {
        if (now >= _ends)
            BeginSpan(now);
        if (_said.Count < MostLines && _said.Add((who, why)))
            log.Warning("no connection with {0}: {1}", who, why);
        else
            _unsaid++;
    }

    private void BeginSpan(Instant now)
    {
        if (_unsaid > 0)
            log.Warning("{0} more connections were refused since, for these reasons and others like them", _unsaid);
        (_ends, _unsaid) = (now + Span, 0);
        _said.Clear();
    }
}
