using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>A target with its interceptor and a copier on the online host, started and at rest; their processor time counts from then on.</summary>
internal sealed class RunningCopy : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>Without any request for so long the target has got all that it is going to get.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    /// <summary>
    /// From ready to the first request. What a start costs, up to the cluster's coming together, is a figure of its own: in the cost of a request it would be
    /// the larger the fewer there are. By then a node has also given back what its start left (StartLitter).
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(7);

    private readonly NginxServer? _target;
    private readonly NodeProcess _interceptor;
    private readonly NodeProcess _copier;
    private readonly TimeSpan _interceptorBefore;
    private readonly TimeSpan _copierBefore;

    private RunningCopy(NginxServer? target, NodeProcess interceptor, NodeProcess copier)
    {
        (_target, _interceptor, _copier) = (target, interceptor, copier);
        (_interceptorBefore, _copierBefore) = (ProcessorTime.Of(interceptor.Process.Id), ProcessorTime.Of(copier.Process.Id));
    }

    public RunningProcess Copier => _copier.Process;

    public RunningProcess Interceptor => _interceptor.Process;

    /// <summary>Copies to whatever listens on the target.</summary>
    /// <param name="lab">Where the hosts are.</param>
    /// <param name="port">Of online and target.</param>
    /// <param name="options">Configuration of the nodes.</param>
    public static Task<RunningCopy> StartAsync(LabNetwork lab, int port, ScenarioOptions options) => StartAsync(lab, port, options, target: null);

    /// <summary>Copies to an nginx that counts requests; it goes when this is disposed of.</summary>
    public static async Task<RunningCopy> StartWithWebServerAsync(LabNetwork lab, int port, ScenarioOptions options) =>
        await StartAsync(lab, port, options, await NginxServer.StartCountingAsync(lab.Target, port));

    /// <summary>Requests that the target has answered so far.</summary>
    public Task<long> CountRequestsAsync() => _target!.CountRequestsAsync();

    /// <summary>Waits until the target has answered so many requests, or nothing more comes. Returns how many it has answered.</summary>
    public async Task<long> WaitUntilQuietAsync(long wanted = long.MaxValue)
    {
        var (arrived, since) = (-1L, TimeProvider.System.GetTimestamp());
        await Wait.UntilAsync(IsOverAsync, Bound, () => $"the target's last request; {arrived} came");
        return arrived;

        async Task<bool> IsOverAsync()
        {
            var count = await CountRequestsAsync();
            if (count != arrived)
                (arrived, since) = (count, TimeProvider.System.GetTimestamp());
            return arrived >= wanted || TimeProvider.System.GetElapsedTime(since) > Quiet;
        }
    }

    /// <summary>Stops the nodes.</summary>
    /// <returns>Processor time of each up to then, and what they said at their end.</returns>
    public async Task<(TimeSpan Copier, TimeSpan Interceptor, NodeSummaries Summaries)> StopAsync()
    {
        var copierTime = ProcessorTime.Of(_copier.Process.Id) - _copierBefore;
        var interceptorTime = ProcessorTime.Of(_interceptor.Process.Id) - _interceptorBefore;
        var copier = await _copier.StopAsync();
        return (copierTime, interceptorTime, new NodeSummaries(copier, await _interceptor.StopAsync()));
    }

    /// <summary>Waits until the target has answered what the online server has, or nothing more comes; then stops the nodes.</summary>
    public async Task<CopyResult> FinishAsync(long online)
    {
        await WaitUntilQuietAsync(online);
        var (copier, interceptor, summaries) = await StopAsync();
        return new CopyResult(await CountRequestsAsync(), copier, interceptor, _copierBefore + _interceptorBefore, summaries);
    }

    public async ValueTask DisposeAsync()
    {
        await _copier.DisposeAsync();
        await _interceptor.DisposeAsync();
        if (_target is not null)
            await _target.DisposeAsync();
    }

    private static async Task<RunningCopy> StartAsync(LabNetwork lab, int port, ScenarioOptions options, NginxServer? target)
    {
        using var settings = await NodeSettingsFiles.MakeAsync(options.Settings, options.IsSecured);
        string[] by = options.Niceness == 0 ? [] : ["nice", "-n", $"{options.Niceness}"];
        var interceptor = await NodeProcess.StartInterceptorByAsync(by, lab.Target, "--config", settings.OfInterceptor);
        string[] words = [.. NodeProcess.CopyTo(lab.Target, port), "--config", settings.OfCopier];
        var copier = await NodeProcess.StartCopierByAsync(by, lab.Online, words);
        await Task.Delay(Rest);
        return new RunningCopy(target, interceptor, copier);
    }
}
