using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace TcpCopy.Cli.Http;

/// <summary>
/// The metrics as instruments of System.Diagnostics.Metrics. They are asked only when somebody collects, and all answer from the same look at the node:
/// that is why the figures of one collection reconcile. Nothing is counted here.
/// </summary>
internal sealed class MetricExport : IDisposable
{
    public const string MeterName = "TcpCopy";

    /// <summary>Marks the samples of a histogram that are no bucket; never shown.</summary>
    public const string Part = "";

    public const string Sum = "_sum";
    public const string Count = "_count";

    private const string Bucket = "_bucket";

    /// <summary>Label values of a metric: room for this many is taken at once, and the library's own limit costs ten megabytes in all.</summary>
    private const int MostSeries = 256;

    private readonly Meter _meter = new(MeterName);
    private volatile NodeFigures? _figures;

    public MetricExport()
    {
        foreach (var definition in NodeMetrics.All)
            Register(definition);
        Provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(MeterName)
            .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = MostSeries })
            .AddPrometheusExporter(options =>
            {
                // The names stand in the table as they are.
                options.DisableTotalNameSuffixForCounters = true;
                options.ScopeInfoEnabled = false;
                options.TargetInfoEnabled = false;
                options.ScrapeResponseCacheDurationMilliseconds = 0;
            })
            .Build();
    }

    public MeterProvider Provider { get; }

    /// <summary>What the next collection shows.</summary>
    public void Show(NodeFigures figures) => _figures = figures;

    public void Dispose()
    {
        Provider.Dispose();
        _meter.Dispose();
    }

    private void Register(MetricDefinition definition)
    {
        switch (definition.Kind)
        {
            case MetricKind.Counter:
                _meter.CreateObservableCounter(definition.Name, () => Read(definition, _ => true), unit: null, definition.Meaning);
                break;
            case MetricKind.Gauge:
                _meter.CreateObservableGauge(definition.Name, () => Read(definition, _ => true), unit: null, definition.Meaning);
                break;
            default:
                // The library has no histogram that is filled elsewhere: its series are counters, which is what queries make of them anyway.
                RegisterPart(definition, Bucket);
                RegisterPart(definition, Sum);
                RegisterPart(definition, Count);
                break;
        }
    }

    private void RegisterPart(MetricDefinition definition, string part) => _meter.CreateObservableCounter(
        definition.Name + part, () => Read(definition, sample => PartOf(sample) == part), unit: null, definition.Meaning);

    private static string PartOf(in Sample sample) => sample.Labels.FirstOrDefault(label => label.Name == Part).Value ?? Bucket;

    private List<Measurement<double>> Read(MetricDefinition definition, Func<Sample, bool> isWanted)
    {
        var measurements = new List<Measurement<double>>();
        if (_figures is not { } figures)
            return measurements;
        foreach (var sample in definition.Read(figures).Where(isWanted))
        {
            var labels = sample.Labels.Where(label => label.Name != Part).Select(label => KeyValuePair.Create(label.Name, (object?)label.Value));
            measurements.Add(new Measurement<double>(sample.Value, labels));
        }
        return measurements;
    }
}
