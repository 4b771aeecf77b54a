using System.Runtime.InteropServices;

namespace TcpCopy.Cli.Hosting;

/// <summary>
/// SIGINT and SIGTERM as a token. The first one asks for an orderly end; later ones are swallowed, so that an impatient second Ctrl-C does not
/// leave rules and half-closed replicas behind.
/// </summary>
internal sealed partial class StopSignals : IDisposable
{
    private const int Sigterm = 15;

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
    ];

    public CancellationToken Token => _stop.Token;

    /// <summary>Asks a process to end.</summary>
    public static void Send(int process) => _ = Kill(process, Sigterm);

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
