using TcpCopy.Node.Hosting;
using Xunit;

namespace TcpCopy.Node.Tests.Hosting;

public sealed class StartLitterTests
{
    private const int Megabyte = 1 << 20;
    private const int LitterMegabytes = 128;

    [Fact]
    public void What_nobody_uses_any_more_goes_back_to_the_host()
    {
        Litter();
        var before = ResidentMegabytes();

        StartLitter.GiveBack();

        Assert.InRange(ResidentMegabytes(), 0, before - LitterMegabytes / 2);
    }

    private static void Litter()
    {
        var blocks = Enumerable.Range(0, LitterMegabytes).Select(_ => new byte[Megabyte]).ToList();
        blocks.ForEach(block => Array.Fill(block, (byte)1));
    }

    private static long ResidentMegabytes()
    {
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;
    }
}
