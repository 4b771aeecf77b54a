using Akka.Actor;

namespace TcpCopy.Cli.Http;

/// <summary>
/// <c>GET /metrics</c>: one look at the node, then the exporter's work with it. The exporter is made at the first question: a node whose metrics nobody
/// reads does not pay its memory.
/// </summary>
internal sealed class MetricEndpoint : IDisposable
{
    private const string Path = "/metrics";

    private readonly NodeFace _face;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly Lazy<MetricExport> _metrics = new(() => new MetricExport());
    private readonly Lazy<RequestDelegate> _exporter;

    public MetricEndpoint(WebApplication application, NodeFace face)
    {
        _face = face;
        _exporter = new Lazy<RequestDelegate>(() =>
        {
            var branch = ((IApplicationBuilder)application).New();
            branch.UseOpenTelemetryPrometheusScrapingEndpoint(
                _metrics.Value.Provider, predicate: null, Path, configureBranchedPipeline: null, optionsName: null);
            return branch.Build();
        });
        application.MapGet(Path, (RequestDelegate)AnswerAsync);
    }

    public void Dispose()
    {
        _oneAtATime.Dispose();
        if (_metrics.IsValueCreated)
            _metrics.Value.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        // All series of an answer come from one look: the next one must not replace it half-way.
        await _oneAtATime.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            _metrics.Value.Show(await _face.ReadAsync(context.RequestAborted).ConfigureAwait(false));
            // The series of histograms are counters without a suffix of their own, which the newer format does not allow.
            context.Request.Headers.Accept = "text/plain";
            // The exporter's middleware passes on what has found its endpoint already.
            context.SetEndpoint(null);
            await _exporter.Value(context).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
