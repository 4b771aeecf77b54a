using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>A PostgreSQL on a host of the lab, with the tables of pgbench, that trusts everybody.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly LabHost _host;
    private readonly int _port;
    private readonly RunningProcess _process;
    private readonly ScratchDirectory _directory;

    private PostgresServer(LabHost host, int port, RunningProcess process, ScratchDirectory directory) =>
        (_host, _port, _process, _directory) = (host, port, process, directory);

    /// <summary>A program of the newest PostgreSQL installed: Debian keeps servers off the path.</summary>
    public static string Program(string name) =>
        Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin", name)).Last(File.Exists);

    public static async Task<PostgresServer> StartAsync(LabHost host, int port)
    {
        var directory = new ScratchDirectory();
        var data = directory.At("data");
        // It refuses to run as root.
        (await host.RunAsync("chown", "nobody", directory.Root)).Checked();
        (await host.RunAsync("setpriv", [.. AsNobody, Program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"])).Checked();
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), "host all all 0.0.0.0/0 trust\n");
        string[] settings = ["-c", "fsync=off", "-c", "listen_addresses=*", "-c", $"unix_socket_directories={directory.Root}"];
        var process = host.Start("setpriv", [.. AsNobody, Program("postgres"), "-D", data, "-p", $"{port}", .. settings]);
        var server = new PostgresServer(host, port, process, directory);
        await Wait.UntilAsync(server.IsReadyAsync, Bound, process.Describe);
        (await host.RunAsync(Program("pgbench"), "-i", "-q", "-h", directory.Root, "-p", $"{port}", "-U", "postgres", "postgres")).Checked();
        return server;
    }

    /// <summary>Asks from the server's own host, past the copied port: through its socket in the file system.</summary>
    /// <param name="query">That gives one value.</param>
    public async Task<string> ValueAsync(string query) => (await AskAsync(query)).Checked().Output.Trim();

    public async ValueTask DisposeAsync()
    {
        // Fast shutdown: it takes its children along.
        _process.Signal(RunningProcess.SigInt);
        await _process.EndAsync(Bound);
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    private static readonly string[] AsNobody = ["--reuid=nobody", "--clear-groups"];

    private async Task<bool> IsReadyAsync() => (await AskAsync("select 1")).ExitCode == 0;

    private Task<ProcessResult> AskAsync(string query) =>
        _host.RunAsync(Program("psql"), "-h", _directory.Root, "-p", $"{_port}", "-U", "postgres", "-AtX", "-c", query, "postgres");
}
