using System.Text.Json;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>The published executable, run as a copier or an interceptor on a host of the lab.</summary>
public sealed class NodeProcess : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LastWordsBound = TimeSpan.FromSeconds(15);

    private readonly ScratchDirectory _directory;
    private readonly string _readyLine;

    private NodeProcess(RunningProcess process, ScratchDirectory directory, string readyLine)
    {
        Process = process;
        _directory = directory;
        _readyLine = readyLine;
    }

    /// <summary>Made by scripts/build.sh.</summary>
    public static string Executable => RepositoryPaths.At("artifacts/tcpcopy/tcpcopy");

    public RunningProcess Process { get; }

    /// <summary>What a copier is told: to copy a port to the same port of a target, whose interceptor is there, too.</summary>
    public static string[] CopyTo(LabHost target, int port) => ["-x", $"{port}-{target.Address}:{port}", "-s", target.Address];

    /// <summary>Starts <c>tcpcopy intercept</c> with <paramref name="options"/> and waits until it is ready.</summary>
    public static Task<NodeProcess> StartInterceptorAsync(LabHost host, params string[] options) => StartInterceptorByAsync([], host, options);

    /// <summary>The same by a command that becomes the executable (<see cref="StartBy"/>).</summary>
    public static Task<NodeProcess> StartInterceptorByAsync(string[] by, LabHost host, params string[] options) =>
        StartAsync(by, host, "tcpcopy: interceptor ready", ["intercept", .. options]);

    /// <summary>Starts <c>tcpcopy copy</c> with <paramref name="options"/> and waits until it is ready.</summary>
    public static Task<NodeProcess> StartCopierAsync(LabHost host, params string[] options) => StartCopierByAsync([], host, options);

    /// <summary>The same by a command that becomes the executable (<see cref="StartBy"/>).</summary>
    public static Task<NodeProcess> StartCopierByAsync(string[] by, LabHost host, params string[] options) =>
        StartAsync(by, host, "tcpcopy: copier ready", ["copy", .. options]);

    /// <summary>Starts the executable with any words and waits for nothing.</summary>
    /// <param name="readyLine">What <see cref="WaitUntilReadyAsync"/> waits for.</param>
    public static NodeProcess Start(LabHost host, string readyLine, params string[] words) => StartBy([], host, Executable, readyLine, words);

    /// <summary>The same by a command that becomes the executable, as setpriv does.</summary>
    /// <param name="by">The command and its options; empty: none.</param>
    /// <param name="host">Where it runs.</param>
    /// <param name="executable">The executable, or a copy of it.</param>
    /// <param name="readyLine">What <see cref="WaitUntilReadyAsync"/> waits for.</param>
    /// <param name="words">The node's verb and options.</param>
    public static NodeProcess StartBy(string[] by, LabHost host, string executable, string readyLine, params string[] words)
    {
        var directory = new ScratchDirectory();
        directory.OpenToAll();
        string[] line = [.. by, executable, .. words, "--summary", directory.At("summary.json")];
        return new NodeProcess(host.Start(line[0], line[1..]), directory, readyLine);
    }

    /// <exception cref="TimeoutException">It ended, or did not say that it is ready; the message has all that it printed.</exception>
    public Task WaitUntilReadyAsync() => Process.WaitForLineAsync(_readyLine, Bound);

    /// <summary>Asks the node to stop and waits for its end, which must be a clean one.</summary>
    /// <returns>The figures that it wrote with <c>--summary</c>.</returns>
    public async Task<JsonElement> StopAsync(int signal = RunningProcess.SigTerm)
    {
        Process.Signal(signal);
        (await Process.EndAsync(Bound)).Checked();
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(_directory.At("summary.json")));
        return summary.RootElement.Clone();
    }

    private static Task<NodeProcess> StartAsync(string[] by, LabHost host, string readyLine, string[] words) =>
        StartBy(by, host, Executable, readyLine, words).StartedAsync(node => node.WaitUntilReadyAsync());

    /// <summary>What the node did, for a test that has failed: it is asked to stop first, so that its final figures are there.</summary>
    public async Task<string> DescribeAsync()
    {
        Process.Signal(RunningProcess.SigTerm);
        try
        {
            await Process.EndAsync(LastWordsBound);
        }
        catch (TimeoutException)
        {
            // It hangs: what it has said so far must do.
        }
        return Process.Describe();
    }

    public async ValueTask DisposeAsync()
    {
        using (_directory)
            await Process.DisposeAsync();
    }
}
