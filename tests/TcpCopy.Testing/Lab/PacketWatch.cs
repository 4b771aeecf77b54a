using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>tcpdump on a host's wire, keeping the packets that a filter lets through.</summary>
public sealed class PacketWatch : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>All nodes of the link, at the port "discard": nobody answers, and no other packet of the lab goes there.</summary>
    private const string Sign = "ff02::1.9: UDP, length ";

    private static int s_signs;

    private readonly LabHost _host;
    private readonly RunningProcess _process;

    private PacketWatch(LabHost host, RunningProcess process) => (_host, _process) = (host, process);

    /// <summary>Lines of tcpdump, one a packet, that it has printed so far.</summary>
    public IReadOnlyList<string> Packets => [.. Lines.Where(line => !line.Contains(Sign, StringComparison.Ordinal))];

    private string[] Lines => _process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <param name="filter">In pcap's language.</param>
    public static Task<PacketWatch> StartAsync(LabHost host, string filter)
    {
        var process = host.Start("tcpdump", "-i", "eth0", "-nn", "-l", "--immediate-mode", $"({filter}) or (ip6 and udp dst port 9)");
        return new PacketWatch(host, process).StartedAsync(_ => process.WaitForLineAsync("listening on", Bound));
    }

    /// <summary>Waits until a packet that holds <paramref name="text"/> in its line was seen.</summary>
    public Task WaitForPacketAsync(string text) =>
        Wait.UntilAsync(() => Packets.Any(line => line.Contains(text, StringComparison.Ordinal)), Bound, () => $"a packet with {text}");

    /// <summary>
    /// All packets until now: a sign that is sent now was seen behind them. A watch that sees nothing any more, for whatever reason, proves nothing.
    /// </summary>
    public async Task<IReadOnlyList<string>> PacketsUntilNowAsync()
    {
        // A length of its own, as signs of other watches are seen here, too.
        var length = Interlocked.Increment(ref s_signs);
        (await _host.RunAsync("bash", "-c", $"exec head -c {length} /dev/zero > /dev/udp/ff02::1%eth0/9")).Checked();
        await Wait.UntilAsync(() => IsSeen() || _process.HasExited, Bound, () => $"the sign of {length} bytes from {_process.Describe()}");
        return IsSeen() ? Packets : throw new InvalidOperationException($"it watches no more: {_process.Describe()}");

        bool IsSeen() => Lines.Any(line => line.EndsWith(Sign + length, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();
}
