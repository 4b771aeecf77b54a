using System.Globalization;

namespace TcpCopy.Packets.Rules;

/// <summary>The kernel's connection tracking in this network namespace. Where its table is full, whatever packet begins a connection is dropped.</summary>
/// <param name="Count">Connections that are tracked, those that ended within the last two minutes among them.</param>
/// <param name="Most">So many find room.</param>
public readonly record struct TrackedConnections(long Count, long Most)
{
    private const string Folder = "/proc/sys/net/netfilter";

    /// <summary>As they are now; null where the kernel has no connection tracking.</summary>
    public static TrackedConnections? Read() =>
        ReadNumber("nf_conntrack_count") is { } count && ReadNumber("nf_conntrack_max") is { } most ? new(count, most) : null;

    private static long? ReadNumber(string name)
    {
        try
        {
            return long.Parse(File.ReadAllText(Path.Combine(Folder, name)), CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
