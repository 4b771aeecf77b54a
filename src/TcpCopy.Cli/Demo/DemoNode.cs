using System.Diagnostics;
using TcpCopy.Cli.Commands;
using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Demo;

/// <summary>A part of the demo did not come up or did not end.</summary>
internal sealed class DemoException(string message) : Exception(message);

/// <summary>A node in a process of its own.</summary>
internal sealed class DemoNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly string _name;
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];
    private readonly List<string> _log = [];

    private DemoNode(string name, Process process) => (_name, _process) = (name, process);

    /// <summary>What it printed: the ready line and, after its end, the summary.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>What it logged.</summary>
    public IReadOnlyList<string> Log => Copy(_log);

    public static DemoNode Start(string name, params string[] words)
    {
        var start = new ProcessStartInfo(ThisProgram.Path, ThisProgram.Words([.. words, NodeOptions.UntilInputEnds.Name]))
        {
            // Open for as long as this process lives.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var node = new DemoNode(name, new Process { StartInfo = start });
        node._process.OutputDataReceived += (_, line) => node.OnOutput(line.Data);
        node._process.ErrorDataReceived += (_, line) => Add(node._log, line.Data);
        node._process.Start();
        node._process.BeginOutputReadLine();
        node._process.BeginErrorReadLine();
        return node;
    }

    /// <exception cref="DemoException">It ended or said nothing in time; the message has its last words.</exception>
    public async Task WhenReadyAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(StartLimit);
        try
        {
            var first = await Task.WhenAny(_ready.Task.WaitAsync(limit.Token), _process.WaitForExitAsync(limit.Token)).ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DemoException($"the {_name} is not ready after {StartLimit.TotalSeconds:0} s; it said:\n{string.Join('\n', Log)}");
        }
        if (!_ready.Task.IsCompleted)
            throw new DemoException($"the {_name} ended instead of starting; it said:\n{string.Join('\n', Log)}");
    }

    /// <summary>Asks it to end, and waits.</summary>
    /// <exception cref="DemoException">It did not end, or not cleanly.</exception>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
            StopSignals.Send(_process.Id);
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new DemoException($"the {_name} does not end; it said:\n{string.Join('\n', Log)}");
        }
        if (_process.ExitCode != 0)
            throw new DemoException($"the {_name} ended with exit code {_process.ExitCode}; it said:\n{string.Join('\n', Log)}");
    }

    /// <summary>Ends it by force where it still runs: its namespace goes with it, so nothing is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        _process.Dispose();
    }

    private void OnOutput(string? line)
    {
        Add(_output, line);
        if (line == $"tcpcopy: {_name} ready")
            _ready.TrySetResult();
    }

    private static void Add(List<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (lines)
            lines.Add(line);
    }

    private static string[] Copy(List<string> lines)
    {
        lock (lines)
            return [.. lines];
    }
}
