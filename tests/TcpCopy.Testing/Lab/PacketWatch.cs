using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>tcpdump on a host's wire, keeping the packets that a filter lets through.</summary>
public sealed class PacketWatch : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly RunningProcess _process;

    private PacketWatch(RunningProcess process) => _process = process;

    /// <summary>Lines of tcpdump, one a packet, that it has printed so far.</summary>
    public IReadOnlyList<string> Packets => _process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <param name="filter">In pcap's language.</param>
    public static async Task<PacketWatch> StartAsync(LabHost host, string filter)
    {
        var process = host.Start("tcpdump", "-i", "eth0", "-nn", "-l", "--immediate-mode", filter);
        await process.WaitForLineAsync("listening on", Bound);
        return new PacketWatch(process);
    }

    /// <summary>Waits until a packet that holds <paramref name="text"/> in its line was seen.</summary>
    public Task WaitForPacketAsync(string text) =>
        Wait.UntilAsync(() => Packets.Any(line => line.Contains(text, StringComparison.Ordinal)), Bound, () => $"a packet with {text}");

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();
}
