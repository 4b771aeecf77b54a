using System.Globalization;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>
/// An nginx of one worker on a host of the lab: a page of 1 KB at /page, files of zeros at /download/SIZE. It sends them as Debian configures it, a head and
/// the page behind it in one packet.
/// </summary>
public sealed class NginxServer : IAsyncDisposable
{
    public const int PageBytes = 1024;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly LabHost _host;
    private readonly int _port;
    private readonly ScratchDirectory _directory = new();
    private RunningProcess? _process;
    private long _countings;

    private NginxServer(LabHost host, int port) => (_host, _port) = (host, port);

    /// <summary>The master's; the worker is its child.</summary>
    public int ProcessId => _process!.Id;

    /// <param name="downloads">Sizes in bytes of the files to offer.</param>
    public static Task<NginxServer> StartAsync(LabHost host, int port, params long[] downloads) => StartAsync(host, port, 1_000_000, downloads);

    /// <summary>One that closes every connection behind its <paramref name="requestsPerConnection"/>th answer.</summary>
    public static Task<NginxServer> StartClosingAsync(LabHost host, int port, int requestsPerConnection) =>
        StartAsync(host, port, requestsPerConnection, []);

    /// <summary>One that keeps no log, for load: requests are counted by <see cref="CountRequestsAsync"/>, at the host's own port + 1.</summary>
    public static Task<NginxServer> StartCountingAsync(LabHost host, int port) => StartAsync(host, port, 1_000_000_000, [], isCounting: true);

    private static Task<NginxServer> StartAsync(LabHost host, int port, int requestsPerConnection, long[] downloads, bool isCounting = false) =>
        new NginxServer(host, port).StartedAsync(server => server.BeginAsync(requestsPerConnection, downloads, isCounting));

    /// <summary>Requests that a counting server has taken so far.</summary>
    public async Task<long> CountRequestsAsync()
    {
        var status = (await _host.RunAsync("curl", "-sf", $"http://127.0.0.1:{_port + 1}/")).Checked().Output;
        // The third line has connections accepted, handled, and requests: these questions among them.
        var requests = status.Split('\n')[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        return long.Parse(requests, CultureInfo.InvariantCulture) - ++_countings;
    }

    /// <summary>Requests that the server has answered so far, oldest first.</summary>
    public IReadOnlyList<Access> Accesses()
    {
        using var log = new StreamReader(new FileStream(_directory.At("access.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        // What stands behind the last line feed is a line that is being written.
        return [.. log.ReadToEnd().Split('\n').SkipLast(1).Select(Access.Parse)];
    }

    /// <summary>Waits until the server has answered <paramref name="count"/> requests or more.</summary>
    public Task WaitForAccessesAsync(int count, TimeSpan bound) =>
        Wait.UntilAsync(() => Accesses().Count >= count, bound, () => $"{count} requests at the server; {Accesses().Count} came");

    /// <summary>Stops the server where it stands: its kernel goes on taking connections and requests, which nobody answers.</summary>
    public void Pause() => SignalAll(RunningProcess.SigStop);

    public void Resume() => SignalAll(RunningProcess.SigCont);

    public async ValueTask DisposeAsync()
    {
        using (_directory)
        await using (_process)
        {
            if (_process is null)
                return;
            Resume();
            // Only the master's own way out takes the worker along.
            _process.Signal(RunningProcess.SigTerm);
            await _process.EndAsync(Bound);
        }
    }

    private async Task BeginAsync(int requestsPerConnection, long[] downloads, bool isCounting)
    {
        Directory.CreateDirectory(_directory.At("pages/download"));
        _directory.Write("pages/page", new string('x', PageBytes));
        foreach (var size in downloads)
        {
            using var file = File.Create(_directory.At($"pages/download/{size}"));
            file.SetLength(size);
        }
        var configuration = _directory.Write("nginx.conf", Configuration(requestsPerConnection, isCounting));
        _process = _host.Start("nginx", "-p", _directory.Root, "-e", "stderr", "-c", configuration);
        await _host.WaitForListenerAsync(_port, Bound);
    }

    private void SignalAll(int signal)
    {
        _process!.Signal(signal);
        foreach (var worker in ThreadFiles.ChildrenOf(ProcessId))
            RunningProcess.Signal(worker, signal);
    }

    private string Configuration(int requestsPerConnection, bool isCounting) => $$"""
        user root;
        daemon off;
        worker_processes 1;
        pid {{_directory.At("nginx.pid")}};
        events { worker_connections {{(isCounting ? 20_000 : 8192)}}; }
        http {
            log_format entry '$request_method $request_uri $status $body_bytes_sent $remote_addr [$request_completion] $connection';
            access_log {{(isCounting ? "off" : _directory.At("access.log") + " entry")}};
            default_type application/octet-stream;
            sendfile on;
            tcp_nopush on;
            keepalive_requests {{requestsPerConnection}};
            client_body_temp_path {{_directory.At("body")}};
            proxy_temp_path {{_directory.At("proxy")}};
            fastcgi_temp_path {{_directory.At("fastcgi")}};
            uwsgi_temp_path {{_directory.At("uwsgi")}};
            scgi_temp_path {{_directory.At("scgi")}};
            {{(isCounting ? $"server {{ listen 127.0.0.1:{_port + 1}; location / {{ stub_status; }} }}" : "")}}
            server {
                listen {{_port}} backlog=4096;
                listen [::]:{{_port}} backlog=4096;
                root {{_directory.At("pages")}};
            }
        }
        """;

    /// <summary>A line of the access log.</summary>
    /// <param name="BodyBytes">Bytes of the body that were sent.</param>
    /// <param name="IsComplete">Whether the server sent the whole answer.</param>
    /// <param name="Connection">The server's number of the connection.</param>
    public sealed record Access(string Method, string Path, int Status, long BodyBytes, string Client, bool IsComplete, long Connection = 0)
    {
        public static Access Parse(string line)
        {
            var fields = line.Split(' ');
            var status = int.Parse(fields[2], CultureInfo.InvariantCulture);
            var (body, connection) = (long.Parse(fields[3], CultureInfo.InvariantCulture), long.Parse(fields[6], CultureInfo.InvariantCulture));
            return new Access(fields[0], fields[1], status, body, fields[4], fields[5] == "[OK]", connection);
        }
    }
}
