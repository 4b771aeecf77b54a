using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>A target with its interceptor and a copier on the online host, ready; their processor time counts from then on.</summary>
internal sealed class RunningCopy : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>Without any request for so long the target has got all that it is going to get.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly NginxServer _target;
    private readonly NodeProcess _interceptor;
    private readonly NodeProcess _copier;
    private readonly TimeSpan _interceptorBefore;
    private readonly TimeSpan _copierBefore;

    private RunningCopy(NginxServer target, NodeProcess interceptor, NodeProcess copier)
    {
        (_target, _interceptor, _copier) = (target, interceptor, copier);
        (_interceptorBefore, _copierBefore) = (ProcessorTime.Of(interceptor.Process.Id), ProcessorTime.Of(copier.Process.Id));
    }

    public static async Task<RunningCopy> StartAsync(LabNetwork lab, int port, string settings)
    {
        using var scratch = new ScratchDirectory();
        var target = await NginxServer.StartCountingAsync(lab.Target, port);
        var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        string[] words = ["-x", $"{port}-{lab.Target.Address}:{port}", "-s", lab.Target.Address];
        var copier = await NodeProcess.StartCopierAsync(lab.Online, [.. words, "--config", scratch.Write("copier.conf", settings)]);
        return new RunningCopy(target, interceptor, copier);
    }

    /// <summary>Waits until the target has answered what the online server has, or nothing more comes; then stops the nodes.</summary>
    public async Task<CopyResult> FinishAsync(long online)
    {
        var (arrived, since) = (-1L, TimeProvider.System.GetTimestamp());
        await Wait.UntilAsync(IsOverAsync, Bound, () => $"the target's last request; {arrived} of {online} came");
        var (interceptorTime, copierTime) = (ProcessorTime.Of(_interceptor.Process.Id), ProcessorTime.Of(_copier.Process.Id));
        var copier = await _copier.StopAsync();
        var interceptor = await _interceptor.StopAsync();
        return new CopyResult(
            await _target.CountRequestsAsync(), copierTime - _copierBefore, interceptorTime - _interceptorBefore,
            new NodeSummaries(copier, interceptor));

        async Task<bool> IsOverAsync()
        {
            var count = await _target.CountRequestsAsync();
            if (count != arrived)
                (arrived, since) = (count, TimeProvider.System.GetTimestamp());
            return arrived >= online || TimeProvider.System.GetElapsedTime(since) > Quiet;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _copier.DisposeAsync();
        await _interceptor.DisposeAsync();
        await _target.DisposeAsync();
    }
}
