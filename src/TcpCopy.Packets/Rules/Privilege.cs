using System.Globalization;

namespace TcpCopy.Packets.Rules;

/// <summary>What this process may do, asked before anything is touched so that the answer is one clear line.</summary>
public static class Privilege
{
    /// <summary>Bit of CAP_NET_ADMIN in the capability sets (capabilities(7)).</summary>
    private const int NetAdmin = 12;

    /// <param name="purpose">What it is needed for, as in "to install ...".</param>
    /// <exception cref="RulesException">The process lacks the capability NET_ADMIN.</exception>
    public static void DemandNetworkAdministration(string purpose)
    {
        const string Key = "CapEff:";
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
        var capabilities = ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if ((capabilities >> NetAdmin & 1) == 0)
            throw new RulesException($"not allowed to {purpose}: run as root, for example with sudo");
    }
}
