using System.Text;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>
/// An Exim on a host of the lab, which takes mail for anybody and keeps it. It greets first, and refuses a client that does not wait for that.
/// </summary>
public sealed class MailServer : IAsyncDisposable
{
    private const string Account = "Debian-exim";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly ScratchDirectory _directory = new();
    private RunningProcess? _process;

    private MailServer()
    {
    }

    public static Task<MailServer> StartAsync(LabHost host, int port) => new MailServer().StartedAsync(server => server.BeginAsync(host, port));

    /// <summary>The bodies of all mail that it has taken.</summary>
    public IReadOnlyList<string> Bodies()
    {
        var queue = _directory.At("spool/input");
        return Directory.Exists(queue) ? [.. Directory.GetFiles(queue, "*-D").Select(BodyOf)] : [];
    }

    public async ValueTask DisposeAsync()
    {
        using (_directory)
        {
            if (_process is not null)
                await _process.DisposeAsync();
        }
    }

    private async Task BeginAsync(LabHost host, int port)
    {
        var spool = Directory.CreateDirectory(_directory.At("spool")).FullName;
        // It writes as a user of its own, who must get there.
        (await host.RunAsync("chmod", "755", _directory.Root)).Checked();
        (await host.RunAsync("chown", Account, spool)).Checked();
        var settings = _directory.Write("exim.conf", $"""
            spool_directory = {spool}
            log_file_path = {spool}/%slog
            pid_file_path = {spool}/pid
            local_interfaces = 0.0.0.0
            daemon_smtp_ports = {port}
            primary_hostname = mail.test
            queue_only
            acl_smtp_rcpt = accept
            host_lookup =
            rfc1413_query_timeout = 0s

            """);
        _process = host.Start("exim4", "-C", settings, "-bdf");
        await host.WaitForListenerAsync(port, Bound);
    }

    /// <summary>A file of the queue begins with its own name, on a line.</summary>
    private static string BodyOf(string file)
    {
        var text = File.ReadAllText(file, Encoding.ASCII);
        return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }
}
