using System.Globalization;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>A Redis on a host of the lab that keeps nothing on disk.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly LabHost _host;
    private readonly int _port;
    private readonly RunningProcess _process;

    private RedisServer(LabHost host, int port, RunningProcess process) => (_host, _port, _process) = (host, port, process);

    public static Task<RedisServer> StartAsync(LabHost host, int port)
    {
        var process = host.Start("redis-server", "--port", $"{port}", "--protected-mode", "no", "--save", "", "--appendonly", "no");
        return new RedisServer(host, port, process).StartedAsync(_ => host.WaitForListenerAsync(port, Bound));
    }

    /// <summary>The number that stands under a key; 0 when there is none.</summary>
    public async Task<long> NumberAsync(string key)
    {
        var answer = (await _host.RunAsync("redis-cli", "-p", $"{_port}", "GET", key)).Checked().Output.Trim();
        return answer.Length == 0 ? 0 : long.Parse(answer, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();
}
