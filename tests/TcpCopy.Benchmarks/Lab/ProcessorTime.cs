using System.Globalization;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>Processor time of a process and the children it has now, as the kernel counts it.</summary>
internal static class ProcessorTime
{
    /// <summary>USER_HZ: the unit of /proc/PID/stat on every architecture of Linux that .NET runs on.</summary>
    private const long TicksPerSecond = 100;

    private const int UserTicks = 11;
    private const int SystemTicks = 12;

    /// <summary>User and system time so far, in steps of 10 ms (proc_pid_stat(5)).</summary>
    public static TimeSpan Of(int process) => TimeSpan.FromTicks(
        Family(process).Sum(TicksOf) * TimeSpan.TicksPerSecond / TicksPerSecond);

    private static IEnumerable<int> Family(int process)
    {
        var children = File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [process, .. children.Select(child => int.Parse(child, CultureInfo.InvariantCulture))];
    }

    private static long TicksOf(int process)
    {
        // The command's name, in parentheses, may hold blanks: what is counted from stands behind it.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[UserTicks], CultureInfo.InvariantCulture) + long.Parse(fields[SystemTicks], CultureInfo.InvariantCulture);
    }
}
