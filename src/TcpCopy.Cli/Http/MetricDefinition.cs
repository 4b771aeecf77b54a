using TcpCopy.Copier.Figures;

namespace TcpCopy.Cli.Http;

/// <summary>What a metric's values are.</summary>
internal enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Cumulative buckets, a sum and a count: three series of counters, named _bucket, _sum and _count.</summary>
    Histogram,
}

/// <summary>One value with its labels.</summary>
internal readonly record struct Sample(double Value, params (string Name, string Value)[] Labels);

/// <summary>A metric: what it is called and means, and where its values come from.</summary>
/// <param name="Name">As Prometheus shows it; of a histogram without the suffixes.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="Labels">Names of its labels, separated by blanks; empty: none.</param>
/// <param name="Meaning">One sentence.</param>
/// <param name="Read">Its values; none where the node is of another kind.</param>
internal sealed record MetricDefinition(
    string Name, MetricKind Kind, string Labels, string Meaning, Func<NodeFigures, IEnumerable<Sample>> Read)
{
    /// <summary>A counter of copiers without labels.</summary>
    public static MetricDefinition Counter(string name, string meaning, Func<CopierFigures, long> read) =>
        new(name, MetricKind.Counter, "", meaning, node => node.Copier is { } copier ? [new Sample(read(copier))] : []);

    /// <summary>A gauge of copiers without labels.</summary>
    public static MetricDefinition Gauge(string name, string meaning, Func<CopierFigures, long> read) =>
        Counter(name, meaning, read) with { Kind = MetricKind.Gauge };

    /// <summary>Several values of copiers.</summary>
    public static MetricDefinition Of(
        string name, MetricKind kind, string labels, string meaning, Func<CopierFigures, IEnumerable<Sample>> read) =>
        new(name, kind, labels, meaning, node => node.Copier is { } copier ? read(copier) : []);
}
