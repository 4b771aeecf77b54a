namespace TcpCopy.Web.Feed;

/// <summary>How often nodes are looked at, and how long that is remembered.</summary>
public sealed record WatchPace
{
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node may take for its answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Kept { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What distributions are shown of.</summary>
    public TimeSpan Recent { get; init; } = TimeSpan.FromMinutes(1);

    public int LooksPerReport { get; init; } = 5;
}
