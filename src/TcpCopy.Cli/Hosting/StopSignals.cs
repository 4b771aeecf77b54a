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

    /// <param name="heedsCtrlC">
    /// False: SIGINT is swallowed from the first one on. A terminal sends it to the children of what was started there, too, which are to end when their
    /// parent says so.
    /// </param>
    public StopSignals(bool heedsCtrlC = true) => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, heedsCtrlC ? OnSignal : Swallow),
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
        Swallow(context);
        _stop.Cancel();
    }

    private static void Swallow(PosixSignalContext context) => context.Cancel = true;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
