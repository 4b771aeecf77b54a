using System.Text.Json;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>An interceptor on the target and a copier on each online host, all ready. What they printed goes to the output of a failed test.</summary>
internal sealed class Copying : IAsyncDisposable
{
    private readonly NodeProcess _interceptor;
    private readonly LabHost _target;
    private readonly int _port;
    private readonly List<NodeProcess> _copiers = [];
    private readonly ScratchDirectory _scratch = new();

    private Copying(NodeProcess interceptor, LabHost target, int port) => (_interceptor, _target, _port) = (interceptor, target, port);

    public RunningProcess Interceptor => _interceptor.Process;

    public RunningProcess Copier => _copiers[0].Process;

    /// <summary>Copies a port of each online host to the same port of the target.</summary>
    public static Task<Copying> StartAsync(LabNetwork lab, int port, params LabHost[] onlines) => StartAsync(lab, port, settings: "", onlines);

    /// <summary>The same with a line of configuration for the copiers.</summary>
    public static async Task<Copying> StartAsync(LabNetwork lab, int port, string settings, params LabHost[] onlines)
    {
        var copying = new Copying(await NodeProcess.StartInterceptorAsync(lab.Target), lab.Target, port);
        var words = NodeProcess.CopyTo(lab.Target, port);
        if (settings.Length > 0)
            words = [.. words, "--config", copying._scratch.Write("copier.conf", settings)];
        return await copying.StartedAsync(_ => copying.StartCopiersAsync(onlines, words));
    }

    /// <summary>Has the client ask the online host, over five connections, and waits until a target has all of it, by whomever it was copied.</summary>
    public static async Task AskAsync(LabNetwork lab, NginxServer target, int port, int requests)
    {
        (await lab.Client.RunAsync("hey", "-n", $"{requests}", "-c", "5", lab.Online.Url(port))).Checked();
        await target.WaitForAccessesAsync(requests, NodeProcess.Bound);
    }

    /// <summary>Waits until the target has all that replicas still had to deliver, then stops everything.</summary>
    /// <returns>The copiers' figures.</returns>
    public async Task<IReadOnlyList<Figures>> FinishAsync(TimeSpan bound)
    {
        await WaitUntilClosedAsync(_target, _port, bound);
        return await StopAsync();
    }

    /// <summary>
    /// Waits until the kernel of a target has no connection left at a port. Replicas close theirs, once their clients have, when all is delivered.
    /// </summary>
    public static Task WaitUntilClosedAsync(LabHost target, int port, TimeSpan bound)
    {
        return Wait.UntilAsync(IsClosedAsync, bound, () => $"the target's connections at port {port} closed");

        async Task<bool> IsClosedAsync()
        {
            var sockets = (await target.RunAsync("ss", "-Htan", $"sport = :{port}")).Checked().Output;
            return sockets.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(line => line.StartsWith("LISTEN", StringComparison.Ordinal)
                || line.StartsWith("TIME-WAIT", StringComparison.Ordinal));
        }
    }

    /// <summary>Stops the copiers, then the interceptor, each cleanly.</summary>
    /// <returns>The copiers' figures.</returns>
    public async Task<IReadOnlyList<Figures>> StopAsync(int signal = RunningProcess.SigTerm)
    {
        var summaries = new List<JsonElement>();
        foreach (var copier in _copiers)
            summaries.Add(await copier.StopAsync(signal));
        await _interceptor.StopAsync(signal);
        return [.. summaries.Select(Figures.Of)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _copiers.Append(_interceptor))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(await node.DescribeAsync());
            await node.DisposeAsync();
        }
        _scratch.Dispose();
    }

    private async Task StartCopiersAsync(LabHost[] onlines, string[] words)
    {
        foreach (var online in onlines)
            _copiers.Add(await NodeProcess.StartCopierAsync(online, words));
    }
}
