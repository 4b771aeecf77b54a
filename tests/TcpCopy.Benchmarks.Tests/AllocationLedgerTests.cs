using System.Globalization;
using TcpCopy.Benchmarks.Actors;
using TcpCopy.Benchmarks.Parts;
using Xunit;

namespace TcpCopy.Benchmarks.Tests;

/// <summary>What is done for every packet allocates no more than the ledger (allocations.txt) allows.</summary>
public sealed class AllocationLedgerTests
{
    private const int WarmUp = 2_000;
    private const int Steps = 2_000;

    private static readonly Dictionary<string, long> Ledger = ReadLedger();

    public static TheoryData<string> PartNames => [.. Part.Create().Select(part => part.Name)];

    [Fact]
    public void The_ledger_has_every_part_and_no_other() =>
        Assert.Equal(Part.Create().Select(part => part.Name).Order(), Ledger.Keys.Order());

    [Theory]
    [MemberData(nameof(PartNames))]
    public void A_part_allocates_no_more_than_the_ledger_allows(string name)
    {
        var run = Part.Create().Single(part => part.Name == name).Run;

        Assert.Equal(Ledger[name], BytesAStep(run));
    }

    [Fact]
    public void A_step_that_allocates_is_noticed() =>
        Assert.Equal(128, BytesAStep(() => GC.KeepAlive(new byte[104])));

    [Theory]
    [InlineData(1, 200)]
    [InlineData(8, 25)]
    [InlineData(50, 10)]
    public void A_request_takes_few_bytes_of_copier_interceptor_and_remoting_together(int together, double most)
    {
        var (copier, interceptor) = (SteadyState.CopierBytesARequest(together), SteadyState.InterceptorBytesAReply(together));
        var remoting = SteadyState.RemotingBytesAReply(together);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"copier {copier:0.0} bytes, interceptor {interceptor:0.0} bytes, remoting {remoting:0.0} bytes"));
        Assert.InRange(copier + interceptor + remoting, 0, most);
    }

    /// <summary>Rounded down: what happens once and not at each step is no growth.</summary>
    private static long BytesAStep(Action step)
    {
        for (var count = 0; count < WarmUp; count++)
            step();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < Steps; count++)
            step();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Steps;
    }

    private static Dictionary<string, long> ReadLedger() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "allocations.txt"))
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', 2))
            .ToDictionary(words => words[1].Trim(), words => long.Parse(words[0], CultureInfo.InvariantCulture));
}
