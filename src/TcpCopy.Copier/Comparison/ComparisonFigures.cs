using TcpCopy.Copier.Views;
using TcpCopy.Core.Comparison;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Comparison;

/// <summary>How online host and target answered the requests that are done with.</summary>
public sealed record ComparisonFigures
{
    /// <summary>Most requests in <see cref="Slowest"/>, and in <see cref="Differing"/>.</summary>
    public const int MostListed = 20;

    /// <summary>Requests that both answered: those that times and status codes are of.</summary>
    public required long Compared { get; init; }

    public required long AnsweredOnlineAlone { get; init; }

    public required long AnsweredByTargetAlone { get; init; }

    public required long Unanswered { get; init; }

    /// <summary>Compared, and the answers have not as many bytes.</summary>
    public required long DifferentBytes { get; init; }

    public required SideFigures Online { get; init; }

    public required SideFigures Target { get; init; }

    /// <summary>How many were answered with which codes (HTTP/1.x); 0 stands for no code.</summary>
    public required IReadOnlyDictionary<StatusPair, long> Statuses { get; init; }

    /// <summary>The requests whose answer the target ended latest, measured by the online host's; the worst first.</summary>
    public required IReadOnlyList<ListedRequest> Slowest { get; init; }

    /// <summary>The first requests of each shard that were answered with different codes.</summary>
    public required IReadOnlyList<ListedRequest> Differing { get; init; }

    public static ComparisonFigures operator +(ComparisonFigures left, ComparisonFigures right) => new()
    {
        Compared = left.Compared + right.Compared,
        AnsweredOnlineAlone = left.AnsweredOnlineAlone + right.AnsweredOnlineAlone,
        AnsweredByTargetAlone = left.AnsweredByTargetAlone + right.AnsweredByTargetAlone,
        Unanswered = left.Unanswered + right.Unanswered,
        DifferentBytes = left.DifferentBytes + right.DifferentBytes,
        Online = left.Online + right.Online,
        Target = left.Target + right.Target,
        Statuses = CopierReport.Sum(left.Statuses, right.Statuses),
        Slowest = [.. left.Slowest.Concat(right.Slowest).OrderByDescending(listed => listed.Delay).Take(MostListed)],
        Differing = [.. left.Differing.Concat(right.Differing).Take(MostListed)],
    };
}

/// <summary>Of one side.</summary>
/// <param name="FirstByte">Of the compared requests.</param>
/// <param name="LastByte">Of the compared requests.</param>
/// <param name="Bytes">That answered the compared requests.</param>
/// <param name="Resets">Requests during which, or behind which, the side reset a connection that the client had not closed.</param>
public sealed record SideFigures(TimeDistribution FirstByte, TimeDistribution LastByte, long Bytes, long Resets)
{
    public static SideFigures operator +(SideFigures left, SideFigures right) => new(
        left.FirstByte + right.FirstByte, left.LastByte + right.LastByte, left.Bytes + right.Bytes, left.Resets + right.Resets);
}

/// <summary>What both sides answered; 0: no code.</summary>
public readonly record struct StatusPair(ushort Online, ushort Target);

/// <summary>A request that somebody may want to look at.</summary>
/// <param name="Session">Its session's name.</param>
/// <param name="Client">The client's end.</param>
/// <param name="Request">What was answered to it.</param>
public sealed record ListedRequest(SessionName Session, Endpoint Client, ComparedRequest Request)
{
    /// <summary>How much later than the online host's the target's answer ended.</summary>
    public TimeSpan Delay => Request.Target.LastByte - Request.Online.LastByte;
}
