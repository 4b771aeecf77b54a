using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Views;

/// <summary>One session in a list.</summary>
public sealed record SessionRow
{
    public required SessionCursor Place { get; init; }

    /// <summary>The client's end of the connection.</summary>
    public required Endpoint Client { get; init; }

    public required Endpoint Online { get; init; }

    public required Endpoint Target { get; init; }

    public required SessionPhase Phase { get; init; }

    public SessionOutcome? Outcome { get; init; }

    /// <summary>Since it began; of one that ended, how long it lasted.</summary>
    public required TimeSpan Age { get; init; }

    public required SessionTally Tally { get; init; }

    public long BufferedBytes { get; init; }

    public TimeSpan HeldFor { get; init; }

    public TimeSpan RoundTrip { get; init; }

    internal static SessionRow Of(SessionEntry entry, in SessionCursor place, Instant now) => new()
    {
        Place = place,
        Client = entry.Captured.Client,
        Online = entry.Captured.Server,
        Target = entry.Replica.Server,
        Phase = entry.Session!.Phase,
        Outcome = entry.Session.Outcome,
        Age = now - entry.BegunAt,
        Tally = entry.Session.Tally,
        BufferedBytes = entry.Session.BufferedBytes,
        HeldFor = entry.Session.HeldFor(now),
        RoundTrip = entry.Session.RoundTrip,
    };

    internal static SessionRow Of(in EndedSession ended, in SessionCursor place) => new()
    {
        Place = place,
        Client = ended.Captured.Client,
        Online = ended.Captured.Server,
        Target = ended.Target,
        Phase = SessionPhase.Closed,
        Outcome = ended.Outcome,
        Age = ended.EndedAt - ended.BegunAt,
        Tally = ended.Tally,
    };
}

/// <summary>Sessions in order, and how many there are in all.</summary>
/// <param name="Rows">At most as many as were asked for.</param>
/// <param name="Matching">Sessions that the question fits, on this page or any other.</param>
public sealed record SessionPage(IReadOnlyList<SessionRow> Rows, long Matching);

/// <summary>Everything about one session, by its own actor.</summary>
/// <param name="Number">Within its shard.</param>
/// <param name="Age">Since it began; of one that ended, how long it lasted.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Events">What happened to it last, oldest first; of one that ended nothing is known any more.</param>
public sealed record SessionDetail(
    long Number, Endpoint Client, Endpoint Online, Endpoint Target, TimeSpan Age, SessionState State, IReadOnlyList<SessionEvent> Events)
{
    internal static SessionDetail Of(SessionEntry entry, SessionState state, IReadOnlyList<SessionEvent> events, Instant now) => new(
        entry.Id.Value, entry.Captured.Client, entry.Captured.Server, entry.Replica.Server, now - entry.BegunAt, state, events);

    internal static SessionDetail Of(in EndedSession ended) => new(
        ended.Id.Value, ended.Captured.Client, ended.Captured.Server, ended.Target, ended.EndedAt - ended.BegunAt,
        new SessionState { Phase = SessionPhase.Closed, Outcome = ended.Outcome, Tally = ended.Tally }, []);
}
