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

    private readonly RunningProcess _process;
    private readonly ScratchDirectory _directory;

    private MailServer(RunningProcess process, ScratchDirectory directory) => (_process, _directory) = (process, directory);

    public static async Task<MailServer> StartAsync(LabHost host, int port)
    {
        var directory = new ScratchDirectory();
        var spool = Directory.CreateDirectory(directory.At("spool")).FullName;
        // It writes as a user of its own, who must get there.
        (await host.RunAsync("chmod", "755", directory.Root)).Checked();
        (await host.RunAsync("chown", Account, spool)).Checked();
        var settings = directory.Write("exim.conf", $"""
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
        var process = host.Start("exim4", "-C", settings, "-bdf");
        await host.WaitForListenerAsync(port, Bound);
        return new MailServer(process, directory);
    }

    /// <summary>The bodies of all mail that it has taken.</summary>
    public IReadOnlyList<string> Bodies()
    {
        var queue = _directory.At("spool/input");
        return Directory.Exists(queue) ? [.. Directory.GetFiles(queue, "*-D").Select(BodyOf)] : [];
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>A file of the queue begins with its own name, on a line.</summary>
    private static string BodyOf(string file)
    {
        var text = File.ReadAllText(file, Encoding.ASCII);
        return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }
}
