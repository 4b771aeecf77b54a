namespace TcpCopy.Core.Traffic;

/// <summary>When copying counts as escaped: replies of the target's reach real clients, or nobody.</summary>
public sealed record EscapeSettings
{
    /// <summary>Resets by real clients within <see cref="EscapeDetector.ResetWindow"/> that are too many; 0: they are not counted.</summary>
    public int ClientResets { get; init; } = 10;

    /// <summary>Replicas in a row that nothing answers which are too many, once the first of them has waited for <see cref="Silence"/>; 0: never.</summary>
    public int SilentReplicas { get; init; } = 50;

    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From one try to the next whether replies come back.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is too many for each of several shards, which divide the sessions: each sees its part of what escapes.</summary>
    public EscapeSettings DividedBy(int shards) => this with { ClientResets = Part(ClientResets, shards), SilentReplicas = Part(SilentReplicas, shards) };

    private static int Part(int whole, int shards) => (whole + shards - 1) / shards;
}
