using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>
/// Lets a process run for a part of the time alone, by stopping it and letting it go on in turn: the same everywhere, whatever else the machine does. It
/// runs freely again when this is disposed of.
/// </summary>
internal sealed class ProcessorLimit : IAsyncDisposable
{
    /// <summary>Stopped for less than this takes, the kernel's buffer for captured frames would not fill: it would be no overload.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(40);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _turns;

    /// <param name="process">Of ours.</param>
    /// <param name="share">Of the time that it runs, above 0 and below 1.</param>
    public ProcessorLimit(RunningProcess process, double share) => _turns = TurnAsync(process, share);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _turns;
        _end.Dispose();
    }

    private async Task TurnAsync(RunningProcess process, double share)
    {
        while (!_end.IsCancellationRequested)
        {
            process.Signal(RunningProcess.SigStop);
            await Task.Delay(Period * (1 - share));
            process.Signal(RunningProcess.SigCont);
            await Task.Delay(Period * share);
        }
    }
}
