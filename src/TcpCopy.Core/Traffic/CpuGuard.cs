namespace TcpCopy.Core.Traffic;

/// <summary>
/// How large a share of the sessions may be copied so that copying takes no more of the machine than it may. Told at even intervals what was used.
/// </summary>
/// <param name="limit">Most of the machine's processor time that copying may take, above 0 and at most 1 (all processors).</param>
public sealed class CpuGuard(double limit)
{
    /// <summary>Measurements that a decision rests on: a burst is no reason, nor is a node that has just begun.</summary>
    private const int Window = 3;

    /// <summary>Something is always copied, or nothing would tell that more could be.</summary>
    private const double LeastShare = 0.01;

    /// <summary>Aimed at when there was too much: what a session takes is not even.</summary>
    private const double Target = 0.9;

    /// <summary>Below this part of the limit there is room for <see cref="Growth"/>, with something to spare: no swinging to and fro.</summary>
    private const double Roomy = 0.7;

    private const double Growth = 1.25;

    private int _measured;
    private double _sum;

    /// <summary>Of all sessions, 0 to 1.</summary>
    public double Share { get; private set; } = 1;

    /// <summary>What was used on average when <see cref="Share"/> was last decided on.</summary>
    public double Used { get; private set; }

    /// <param name="used">Of the machine's processor time since the last call, 0 to 1.</param>
    /// <returns>True when <see cref="Share"/> has changed.</returns>
    public bool OnMeasured(double used)
    {
        _sum += used;
        if (++_measured < Window)
            return false;
        Used = _sum / _measured;
        (_measured, _sum) = (0, 0);
        var before = Share;
        if (Used > limit)
            Share = Math.Max(LeastShare, Share * Target * limit / Used);
        else if (Used < limit * Roomy)
            Share = Math.Min(1, Share * Growth);
        return Share != before;
    }
}
