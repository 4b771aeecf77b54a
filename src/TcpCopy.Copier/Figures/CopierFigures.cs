using Akka.Actor;
using TcpCopy.Contracts.Api;
using TcpCopy.Core.Session;

namespace TcpCopy.Copier.Figures;

/// <summary>
/// A copier's books at one moment, while it copies. They reconcile: sessions seen = ended + live; and what was captured, in requests and in bytes, is
/// delivered, lost, or in flight.
/// </summary>
public sealed record CopierFigures
{
    public required CopierReport Report { get; init; }

    /// <summary>From a replica's SYN to the target's answer as it comes back from the interceptor; repeated SYNs are left out.</summary>
    public required LatencyFigures TargetRoundTrip { get; init; }

    /// <summary>From the last new byte of a request that was sent to the first byte of the target's answer, as it comes back from the interceptor.</summary>
    public required LatencyFigures TargetFirstReply { get; init; }

    /// <summary>From the online host's SYN-ACK to the client's first data, by the capture's clock: the client's round trip at most.</summary>
    public required LatencyFigures OnlineRoundTrip { get; init; }

    public required MemoryFigures Memory { get; init; }

    public required ActorFigures Actors { get; init; }

    public required IReadOnlyList<LinkFigures> Links { get; init; }

    /// <summary>Why nothing, or of several shards a part, is copied at this moment though there is an interceptor; null: all is.</summary>
    public string? Obstacle { get; init; }

    public static CopierFigures operator +(CopierFigures left, CopierFigures right) => new()
    {
        Report = left.Report + right.Report,
        TargetRoundTrip = left.TargetRoundTrip + right.TargetRoundTrip,
        TargetFirstReply = left.TargetFirstReply + right.TargetFirstReply,
        OnlineRoundTrip = left.OnlineRoundTrip + right.OnlineRoundTrip,
        Memory = left.Memory + right.Memory,
        Actors = left.Actors + right.Actors,
        Obstacle = left.Obstacle ?? right.Obstacle,
        Links = [.. left.Links.Concat(right.Links).GroupBy(link => link.Node)
            .Select(links => new LinkFigures(
                links.Key, links.All(link => link.IsUp), links.Sum(link => link.Batches), links.Sum(link => link.Replies), links.Sum(link => link.FlowsHeld)))],
    };
}

/// <summary>What live sessions have carried so far; each as it was when it last told.</summary>
/// <param name="Sum">Of all sessions that have not ended.</param>
/// <param name="RequestsUnsettled">Of their acknowledged requests, those that more bytes may follow of: the last of each session.</param>
/// <param name="AnswersUnsettled">Of these, the answered ones.</param>
public readonly record struct LiveFigures(SessionTally Sum, long RequestsUnsettled, long AnswersUnsettled)
{
    public static LiveFigures operator +(in LiveFigures left, in LiveFigures right) => new(
        left.Sum + right.Sum, left.RequestsUnsettled + right.RequestsUnsettled, left.AnswersUnsettled + right.AnswersUnsettled);

    public static LiveFigures operator -(in LiveFigures left, in LiveFigures right) => new(
        left.Sum - right.Sum, left.RequestsUnsettled - right.RequestsUnsettled, left.AnswersUnsettled - right.AnswersUnsettled);
}

/// <summary>Actors, and what waits for them.</summary>
/// <param name="Sessions">Session actors that have a session: live ones, and those that still answer a repeated FIN.</param>
/// <param name="Captures">Capture devices that are open.</param>
/// <param name="MailboxRuns">Mailboxes with work that wait for their turn.</param>
public sealed record ActorFigures(int Sessions, int Captures, int MailboxRuns)
{
    public static ActorFigures operator +(ActorFigures left, ActorFigures right) =>
        new(left.Sessions + right.Sessions, left.Captures + right.Captures, left.MailboxRuns + right.MailboxRuns);
}

/// <summary>A shard's books of one link. Loop thread only.</summary>
internal sealed class LinkBook(Address node)
{
    public bool IsUp { get; set; }

    public long Batches { get; set; }

    public long Replies { get; set; }

    public long FlowsHeld { get; set; }

    public LinkFigures Read() => new($"{node.Host}:{node.Port}", IsUp, Batches, Replies, FlowsHeld);
}
