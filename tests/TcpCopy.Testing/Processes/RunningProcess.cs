using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TcpCopy.Testing.Processes;

/// <summary>
/// A command that runs beside the test: its output is collected line by line, it is waited for by what it prints, and it never outlives the
/// test. Inside a network namespace <c>ip netns exec</c> becomes the command itself, so the process id is the command's own.
/// </summary>
public sealed partial class RunningProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(10);

    private readonly Process _process = new();
    private readonly LineLog _output = new();
    private readonly LineLog _errors = new();

    private RunningProcess(string command) => Command = command;

    /// <summary>As it would be typed.</summary>
    public string Command { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Everything it has printed to standard output so far.</summary>
    public string Output => _output.Text;

    /// <summary>Everything it has printed to standard error so far.</summary>
    public string Errors => _errors.Text;

    /// <param name="networkNamespace">Where it runs; null: where the test runs.</param>
    /// <param name="command">Looked for on the path.</param>
    /// <param name="arguments">One item an argument; nothing is quoted or split.</param>
    public static RunningProcess Start(string? networkNamespace, string command, IEnumerable<string> arguments)
    {
        string[] words = networkNamespace is null ? [command, .. arguments] : ["ip", "netns", "exec", networkNamespace, command, .. arguments];
        var running = new RunningProcess(string.Join(' ', words));
        running.Begin(words);
        return running;
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="networkNamespace">Where it runs; null: where the test runs.</param>
    /// <param name="bound">How long it may take; it is killed afterwards.</param>
    /// <param name="command">Looked for on the path.</param>
    /// <param name="arguments">One item an argument; nothing is quoted or split.</param>
    /// <exception cref="TimeoutException">It still ran after <paramref name="bound"/>.</exception>
    public static async Task<ProcessResult> RunAsync(string? networkNamespace, TimeSpan bound, string command, params string[] arguments)
    {
        await using var running = Start(networkNamespace, command, arguments);
        return await running.EndAsync(bound);
    }

    /// <summary>Waits for the process to end by itself.</summary>
    /// <exception cref="TimeoutException">It still runs after <paramref name="bound"/>.</exception>
    public async Task<ProcessResult> EndAsync(TimeSpan bound)
    {
        using var patience = new CancellationTokenSource(bound);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"still running after {bound.TotalSeconds:0} s: {Describe()}");
        }
        return new ProcessResult(Command, _process.ExitCode, Output, Errors);
    }

    /// <summary>Waits for a line on standard output or standard error that holds <paramref name="text"/>.</summary>
    /// <exception cref="TimeoutException">No such line came, or the process ended before; the message has all that it printed.</exception>
    public async Task WaitForLineAsync(string text, TimeSpan bound)
    {
        await Wait.UntilAsync(() => Holds(text) || HasExited, bound, () => $"a line with '{text}' from {Describe()}");
        if (!Holds(text))
        {
            await EndAsync(EndBound);
            if (!Holds(text))
                throw new TimeoutException($"no line with '{text}' before the end of {Describe()}");
        }
    }

    /// <summary>Waits until so many lines on standard error hold <paramref name="text"/>.</summary>
    public Task WaitForLinesAsync(string text, int count, TimeSpan bound) => Wait.UntilAsync(
        () => Errors.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal)) >= count, bound,
        () => $"{count} lines with '{text}' from {Describe()}");

    /// <summary>Sends a signal; nothing happens when the process has ended.</summary>
    public void Signal(int signal)
    {
        if (!_process.HasExited)
            _ = Kill(_process.Id, signal);
    }

    /// <summary>Kills the process, so that it can say and undo nothing, and waits for its end.</summary>
    public Task<ProcessResult> KillAsync()
    {
        Signal(SigKill);
        return EndAsync(EndBound);
    }

    /// <summary>Asks the process to end (<see cref="SigTerm"/>) and waits until it has; it must have succeeded.</summary>
    public async Task<ProcessResult> StopAsync(TimeSpan bound)
    {
        Signal(SigTerm);
        return (await EndAsync(bound)).Checked();
    }

    /// <summary>Sends a signal to another process, such as a child of one of these.</summary>
    public static void Signal(int processId, int signal) => _ = Kill(processId, signal);

    /// <summary>Most memory it ever had resident, in bytes.</summary>
    public long PeakMemoryBytes() => ReadStatus("VmHWM:");

    /// <summary>Memory that it has resident now, in bytes.</summary>
    public long MemoryBytes() => ReadStatus("VmRSS:");

    /// <summary>What it has mapped into its memory, a line each: libraries end with their file's name.</summary>
    public string Maps() => File.ReadAllText($"/proc/{_process.Id}/maps");

    /// <exception cref="TimeoutException">It does not end, or somebody else holds on to its output: a child of its own, say.</exception>
    public async ValueTask DisposeAsync()
    {
        using (_process)
        {
            await KillAsync();
        }
    }

    /// <summary>The command and all that it printed, for the message of a failed test.</summary>
    public string Describe() => $"{Command}\n--- standard output\n{Output}\n--- standard error\n{Errors}";

    private void Begin(string[] words)
    {
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // An executable of ours finds the runtime that the tests themselves run on, wherever it is.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        _process.StartInfo = start;
        _process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Add(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A size of /proc/PID/status, which has it in units of 1024 bytes (proc_pid_status(5)).</summary>
    private long ReadStatus(string name)
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private bool Holds(string text) => _output.Holds(text) || _errors.Holds(text);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
