using System.Runtime.CompilerServices;
using TcpCopy.Node.Hosting;
using Xunit;

namespace TcpCopy.Node.Tests.Hosting;

/// <summary>Looks at what the whole process has resident: nothing runs beside it.</summary>
[Collection<StartLitterTests.WholeProcess>]
public sealed class StartLitterTests
{
    private const int Megabyte = 1 << 20;
    private const int LitterMegabytes = 128;

    [Fact]
    public void What_nobody_uses_any_more_goes_back_to_the_host()
    {
        var before = ResidentMegabytesOfLitter();

        StartLitter.GiveBack();

        Assert.InRange(ResidentMegabytes(), 0, before - LitterMegabytes / 2);
    }

    /// <summary>What is resident while litter is still in use; when this is done nobody holds on to it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ResidentMegabytesOfLitter()
    {
        var blocks = Enumerable.Range(0, LitterMegabytes).Select(_ => new byte[Megabyte]).ToList();
        blocks.ForEach(block => Array.Fill(block, (byte)1));
        var resident = ResidentMegabytes();
        GC.KeepAlive(blocks);
        return resident;
    }

    private static long ResidentMegabytes()
    {
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;
    }

    [CollectionDefinition(DisableParallelization = true)]
    public sealed class WholeProcess;
}
