using System.Diagnostics;

namespace TcpCopy.Copier.Shards;

/// <summary>What this process takes of the machine.</summary>
internal sealed class ProcessorMeter
{
    private long _since = Stopwatch.GetTimestamp();
    private TimeSpan _before = Environment.CpuUsage.TotalTime;

    /// <summary>Of all processors' time since the last call, 0 to 1.</summary>
    public double Read()
    {
        var (now, total) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var available = Stopwatch.GetElapsedTime(_since, now) * Environment.ProcessorCount;
        var used = available > TimeSpan.Zero ? (total - _before) / available : 0;
        (_since, _before) = (now, total);
        return Math.Clamp(used, 0, 1);
    }
}
