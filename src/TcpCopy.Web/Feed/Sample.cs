using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Feed;

/// <summary>What a node did between two looks at it. Absent figures are of another kind of node, or were not measured.</summary>
public sealed record Sample(DateTimeOffset At)
{
    private const double Mega = 1_000_000;

    /// <summary>Share of one processor.</summary>
    public double? Processor { get; init; }

    public double? MemoryMegabytes { get; init; }

    /// <summary>A second, as captured.</summary>
    public double? Requests { get; init; }

    /// <summary>A second, by the target.</summary>
    public double? Answered { get; init; }

    /// <summary>Lost, a second.</summary>
    public double? Lost { get; init; }

    /// <summary>Captured of clients, a second.</summary>
    public double? Megabits { get; init; }

    public double? LiveSessions { get; init; }

    /// <summary>Of an interceptor, a second.</summary>
    public double? Replies { get; init; }

    /// <summary>Seconds to the first reply of the target.</summary>
    public Percentiles FirstReply { get; init; }

    /// <summary>Seconds to the first byte of the online host's answer, where copier compares.</summary>
    public Percentiles Online { get; init; }

    /// <summary>Seconds to the first byte of the target's answer, where the copier compares.</summary>
    public Percentiles Target { get; init; }

    public static Sample Of(DateTimeOffset at, StatusChange change)
    {
        var status = change.Now;
        var sample = new Sample(at)
        {
            Processor = change.Rate(figures => figures.Process.CpuSeconds),
            MemoryMegabytes = status.MemoryBytes / Mega,
        };
        if (status.Copier is not null)
        {
            var first = change.Times(copier => copier.FirstReply["target"]);
            sample = sample with
            {
                Requests = change.Rate(figures => figures.Copier?.Requests.Seen ?? 0),
                Answered = change.Rate(figures => figures.Copier?.Requests.Answered ?? 0),
                Lost = change.Rate(figures => figures.Copier?.Requests.Lost ?? 0),
                Megabits = change.Rate(figures => figures.Copier?.Bytes.Seen ?? 0) * 8 / Mega,
                LiveSessions = status.Copier.Sessions.Live,
                FirstReply = new Percentiles(first.Percentile(0.5)?.TotalSeconds, first.Percentile(0.99)?.TotalSeconds),
            };
        }
        return status.Interceptor is null ? sample : sample with { Replies = change.Rate(figures => figures.Interceptor?.Replies.Taken ?? 0) };
    }
}

/// <summary>Half, and all but one in a hundred, took no longer; null: none was measured.</summary>
public readonly record struct Percentiles(double? P50, double? P99)
{
    public static Percentiles Of(TimeSpread times) => new(times.Percentile(0.5), times.Percentile(0.99));
}
