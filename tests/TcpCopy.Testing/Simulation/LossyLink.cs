namespace TcpCopy.Testing.Simulation;

/// <summary>What a link did with a packet.</summary>
public enum Fate
{
    Carried,
    Doubled,
    Lost,
    BlackedOut,

    /// <summary>It did not fit the link's MTU.</summary>
    TooLarge,
}

/// <summary>When, after the start, a link carries nothing, and for how long.</summary>
public readonly record struct BlackOut(TimeSpan From, TimeSpan Length)
{
    public bool Covers(TimeSpan elapsed) => elapsed >= From && elapsed < From + Length;
}

/// <summary>How well a link carries packets; the default is at once and without fault.</summary>
public sealed record LinkQuality
{
    /// <summary>Share of packets lost, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Share of lost packets whose follower is lost too, 0 to 1.</summary>
    public double LossGoesOn { get; init; }

    /// <summary>Most packets lost in a row: a link that loses any number is one that no TCP survives for sure.</summary>
    public int LongestLoss { get; init; } = int.MaxValue;

    /// <summary>Share of packets that come twice.</summary>
    public double Duplication { get; init; }

    /// <summary>One way.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(0.2);

    /// <summary>Most that is added to the delay at random; reorders packets.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Share of packets that are overtaken by those of the next <see cref="OvertakenBy"/>.</summary>
    public double Overtaken { get; init; }

    public TimeSpan OvertakenBy { get; init; }

    /// <summary>Packets arrive only at multiples of this, all of them at once; zero for each by itself.</summary>
    public TimeSpan Batch { get; init; }

    /// <summary>Largest packet in bytes, headers of IPv4 and TCP included.</summary>
    public int Mtu { get; init; } = int.MaxValue;

    public IReadOnlyList<BlackOut> BlackOuts { get; init; } = [];
}

/// <summary>One direction of a network: every packet is delayed, and may be lost, overtaken, or come twice. Everything follows from the seed.</summary>
public sealed class LossyLink(Timeline timeline, Random random, LinkQuality quality)
{
    private int _lostInRow;

    /// <param name="bytes">Length of the packet, headers included.</param>
    /// <param name="deliver">What happens at the other end, once for every copy that arrives.</param>
    public Fate Send(int bytes, Action deliver)
    {
        if (bytes > quality.Mtu)
            return Fate.TooLarge;
        if (IsBlackedOut())
            return Fate.BlackedOut;
        if (IsLost())
            return Fate.Lost;
        timeline.At(timeline.Now + Delay(), deliver);
        if (random.NextDouble() >= quality.Duplication)
            return Fate.Carried;
        timeline.At(timeline.Now + Delay(), deliver);
        return Fate.Doubled;
    }

    private bool IsBlackedOut()
    {
        foreach (var blackOut in quality.BlackOuts)
        {
            if (blackOut.Covers(timeline.Elapsed))
                return true;
        }
        return false;
    }

    private bool IsLost()
    {
        var isLost = random.NextDouble() < (_lostInRow > 0 ? Math.Max(quality.Loss, quality.LossGoesOn) : quality.Loss);
        _lostInRow = isLost && _lostInRow < quality.LongestLoss ? _lostInRow + 1 : 0;
        return _lostInRow > 0;
    }

    private TimeSpan Delay()
    {
        var delay = quality.Delay + (quality.Jitter * random.NextDouble());
        if (random.NextDouble() < quality.Overtaken)
            delay += quality.OvertakenBy;
        if (quality.Batch == TimeSpan.Zero)
            return delay;
        var arrival = (timeline.Now + delay).Ticks;
        return delay + new TimeSpan((quality.Batch.Ticks - (arrival % quality.Batch.Ticks)) % quality.Batch.Ticks);
    }
}
