using System.Diagnostics;

namespace TcpCopy.Contracts.Api;

/// <summary>What the process itself has used since it started.</summary>
/// <param name="CpuSeconds">User and system time of all its threads.</param>
/// <param name="PeakMemoryBytes">Most memory it ever had resident.</param>
/// <param name="AllocatedBytes">By managed code; most of it was collected again.</param>
/// <param name="Collections">Garbage collections of any generation.</param>
public sealed record ProcessPart(double CpuSeconds, long PeakMemoryBytes, long AllocatedBytes, int Collections)
{
    public static ProcessPart Read()
    {
        using var process = Process.GetCurrentProcess();
        return new ProcessPart(
            Math.Round(process.TotalProcessorTime.TotalSeconds, 3), process.PeakWorkingSet64, GC.GetTotalAllocatedBytes(), GC.CollectionCount(0));
    }
}
