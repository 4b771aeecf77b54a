using System.Globalization;
using TcpCopy.Packets.Privileges;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>What the threads of a running process may do, as the kernel says in /proc/PID/task/*/status.</summary>
internal static class ProcessRights
{
    /// <summary>No thread of it, and nothing that it executes, can ever have more than <paramref name="most"/>.</summary>
    public static void AssertAtMost(Capabilities most, int process)
    {
        var threads = ThreadFiles.Read(process, "status");
        Assert.NotEmpty(threads);
        foreach (var status in threads.Select(StatusOf))
        {
            Assert.All(["CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"], set => Assert.Equal(Capabilities.None, Set(status, set) & ~most));
            Assert.Equal("1", status["NoNewPrivs"]);
        }
    }

    /// <summary>What is in force for its first thread, and what that may put into force.</summary>
    public static (Capabilities Effective, Capabilities Permitted) Of(int process)
    {
        var status = StatusOf(File.ReadAllText($"/proc/{process}/status"));
        return (Set(status, "CapEff"), Set(status, "CapPrm"));
    }

    private static Dictionary<string, string> StatusOf(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
        .ToDictionary(parts => parts[0], parts => parts[1]);

    private static Capabilities Set(Dictionary<string, string> status, string name) =>
        (Capabilities)ulong.Parse(status[name], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
