namespace TcpCopy.Contracts.Api;

/// <summary>
/// What <c>tcpcopy report</c> shows: of a copier that runs, or of one that has run. Its JSON is a part of the summary's, so that a summary file is read as one.
/// </summary>
public sealed record Report
{
    public required double Seconds { get; init; }

    public required SessionPart Sessions { get; init; }

    public required RequestPart Requests { get; init; }

    /// <summary>Null: nothing was compared.</summary>
    public ComparisonPart? Comparison { get; init; }
}
