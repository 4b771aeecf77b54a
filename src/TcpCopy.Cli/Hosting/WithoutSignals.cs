namespace TcpCopy.Cli.Hosting;

/// <summary>Signals are <see cref="StopSignals"/>' business: a server that stops at Ctrl-C by itself would fail what is under way.</summary>
internal sealed class WithoutSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
