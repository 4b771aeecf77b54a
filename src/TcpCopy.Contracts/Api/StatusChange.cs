namespace TcpCopy.Contracts.Api;

/// <summary>How a node's figures have changed between two looks at it.</summary>
public sealed class StatusChange
{
    private const double ShortestSeconds = 0.001;

    private readonly NodeStatus? _before;

    /// <param name="before">The look before; null: there was none.</param>
    /// <param name="now">The newest.</param>
    public StatusChange(NodeStatus? before, NodeStatus now)
    {
        Now = now;
        // A node that was started anew counts from the beginning.
        _before = before is not null && now.StartedAt == before.StartedAt ? before : null;
        Seconds = Math.Max(now.Uptime - (_before?.Uptime ?? 0), ShortestSeconds);
    }

    public NodeStatus Now { get; }

    /// <summary>Whether all since the node's start is meant, for want of a look before.</summary>
    public bool IsSinceStart => _before is null;

    /// <summary>Between the two looks, by the node's own clock.</summary>
    public double Seconds { get; }

    /// <summary>How much a figure grew a second.</summary>
    public double Rate(Func<NodeStatus, double> figure) => (figure(Now) - (_before is { } before ? figure(before) : 0)) / Seconds;

    /// <summary>The times that were measured between the two looks.</summary>
    public LatencyFigures Times(Func<CopierStatus, TimePart> times)
    {
        if (Now.Copier is not { } now)
            return LatencyFigures.None;
        var earlier = _before?.Copier is { } before ? times(before).Buckets : LatencyFigures.None.Counts;
        return new LatencyFigures([.. times(now).Buckets.Zip(earlier, (count, past) => count - past)], TimeSpan.Zero);
    }
}
