using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>A PostgreSQL on a host of the lab, with the tables of pgbench, that trusts everybody.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly LabHost _host;
    private readonly int _port;
    private readonly ScratchDirectory _directory = new();
    private RunningProcess? _process;

    private PostgresServer(LabHost host, int port) => (_host, _port) = (host, port);

    /// <summary>A program of the newest PostgreSQL installed: Debian keeps servers off the path.</summary>
    public static string Program(string name) =>
        Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin", name)).Last(File.Exists);

    public static Task<PostgresServer> StartAsync(LabHost host, int port) => new PostgresServer(host, port).StartedAsync(server => server.BeginAsync());

    /// <summary>Asks from the server's own host, past the copied port: through its socket in the file system.</summary>
    /// <param name="query">That gives one value.</param>
    public async Task<string> ValueAsync(string query) => (await AskAsync(query)).Checked().Output.Trim();

    public async ValueTask DisposeAsync()
    {
        using (_directory)
        await using (_process)
        {
            if (_process is null)
                return;
            // Fast shutdown: it takes its children along.
            _process.Signal(RunningProcess.SigInt);
            await _process.EndAsync(Bound);
        }
    }

    private static readonly string[] AsNobody = ["--reuid=nobody", "--clear-groups"];

    private async Task BeginAsync()
    {
        var data = _directory.At("data");
        // It refuses to run as root.
        (await _host.RunAsync("chown", "nobody", _directory.Root)).Checked();
        (await _host.RunAsync("setpriv", [.. AsNobody, Program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"])).Checked();
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), "host all all 0.0.0.0/0 trust\n");
        string[] settings = ["-c", "fsync=off", "-c", "listen_addresses=*", "-c", $"unix_socket_directories={_directory.Root}"];
        _process = _host.Start("setpriv", [.. AsNobody, Program("postgres"), "-D", data, "-p", $"{_port}", .. settings]);
        await Wait.UntilAsync(IsReadyAsync, Bound, _process.Describe);
        (await _host.RunAsync(Program("pgbench"), "-i", "-q", "-h", _directory.Root, "-p", $"{_port}", "-U", "postgres", "postgres")).Checked();
    }

    private async Task<bool> IsReadyAsync() => (await AskAsync("select 1")).ExitCode == 0;

    private Task<ProcessResult> AskAsync(string query) =>
        _host.RunAsync(Program("psql"), "-h", _directory.Root, "-p", $"{_port}", "-U", "postgres", "-AtX", "-c", query, "postgres");
}
