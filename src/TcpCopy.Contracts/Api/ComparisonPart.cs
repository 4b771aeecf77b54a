using System.Text.Json.Serialization;

namespace TcpCopy.Contracts.Api;

/// <summary>Online host against target, as it is written and shown. Times in seconds.</summary>
/// <param name="Requests">How many were compared, and how many could not be.</param>
/// <param name="Statuses">How many compared requests were answered with which codes (HTTP/1.x); an absent code was none.</param>
/// <param name="Slowest">The requests whose answer the target ended latest, measured by the online host's.</param>
/// <param name="Differing">Some of the requests that were answered with different codes.</param>
public sealed record ComparisonPart(
    ComparedPart Requests, SidePart Online, SidePart Target, IReadOnlyList<StatusPart> Statuses, IReadOnlyList<ListedPart> Slowest,
    IReadOnlyList<ListedPart> Differing)
{
    /// <summary>How many were answered with different codes.</summary>
    [JsonIgnore]
    public long DifferentCodes => Statuses.Where(pair => pair.Online != pair.Target).Sum(pair => pair.Requests);

    /// <summary>What is shown of both sides' times, side by side.</summary>
    [JsonIgnore]
    public IEnumerable<(string Name, double Online, double Target)> Times =>
        Pairs("first byte", Online.FirstByte, Target.FirstByte).Concat(Pairs("last byte", Online.LastByte, Target.LastByte));

    private static IEnumerable<(string, double, double)> Pairs(string what, SpreadPart online, SpreadPart target) =>
    [
        ($"{what} p50", online.P50, target.P50),
        ($"{what} p90", online.P90, target.P90),
        ($"{what} p99", online.P99, target.P99),
        ($"{what} p99.9", online.P999, target.P999),
        ($"{what} longest", online.Longest, target.Longest),
    ];
}

/// <param name="Compared">Answered by both.</param>
/// <param name="OnlineAlone">Answered by the online host alone, as far as was seen.</param>
/// <param name="TargetAlone">Answered by the target alone, as far as was seen.</param>
/// <param name="Unanswered">By both.</param>
/// <param name="DifferentBytes">Compared, and the answers have not as many bytes.</param>
public sealed record ComparedPart(long Compared, long OnlineAlone, long TargetAlone, long Unanswered, long DifferentBytes);

/// <param name="FirstByte">From the request's last byte to the answer's first.</param>
/// <param name="LastByte">From the request's last byte to the answer's.</param>
/// <param name="Bytes">Of all compared answers.</param>
/// <param name="Resets">Requests with which the side ended a connection by reset.</param>
public sealed record SidePart(SpreadPart FirstByte, SpreadPart LastByte, long Bytes, long Resets);

/// <param name="Buckets">Of equal width on a logarithmic scale; those that hold nothing are left out.</param>
public sealed record SpreadPart(
    long Count, double Mean, double P50, double P90, double P99, double P999, double Longest, IReadOnlyList<BucketPart> Buckets)
{
    /// <summary>Of <see cref="Buckets"/>, in each factor of ten.</summary>
    public const int BucketsPerDecade = 12;
}

/// <param name="UpTo">The bucket's upper bound.</param>
public sealed record BucketPart(double UpTo, long Count);

/// <param name="Online">Null: no code.</param>
/// <param name="Target">Null: no code.</param>
public sealed record StatusPart(int? Online, int? Target, long Requests);

/// <param name="Session">Its name at <c>/api/sessions</c>.</param>
/// <param name="Request">Its number in the session, from 1.</param>
public sealed record ListedPart(string Session, string Client, long Request, AnswerPart Online, AnswerPart Target);

/// <summary>One side's answer to one request; times in seconds.</summary>
public sealed record AnswerPart(double FirstByte, double LastByte, long Bytes, int? Status, bool IsReset);
