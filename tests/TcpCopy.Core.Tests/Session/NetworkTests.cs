using TcpCopy.Testing.Simulation;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>The engine on the simulated network: whatever the seed, what holds of a run holds.</summary>
public class NetworkTests
{
    public static TheoryData<string> Names =>
        new(NetworkClasses.All.Select(kind => kind.Name).Where(name => SeedSweep.OnlyClass is null || SeedSweep.OnlyClass == name));

    [Theory, MemberData(nameof(Names))]
    public void Every_seed(string name) => SeedSweep.Run(NetworkClasses.All.Single(kind => kind.Name == name));

    [Fact]
    public void What_the_target_reports_to_hold_saves_time_and_repetitions()
    {
        var (with, without) = (LossyUploads(hasSack: true), LossyUploads(hasSack: false));
        Assert.True(with.Sum(run => run.Duration.TotalSeconds) < without.Sum(run => run.Duration.TotalSeconds));
        Assert.True(with.Sum(run => run.Session.Tally.Retransmissions) < without.Sum(run => run.Session.Tally.Retransmissions));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(8)]
    public void An_upload_to_a_far_target_takes_the_round_trips_of_a_slow_start_and_loses_nothing(int milliseconds)
    {
        var run = new SimulatedNetwork(NetworkClasses.FarUpload(TimeSpan.FromMilliseconds(milliseconds))).Run();

        NetworkProperties.Check(run);
        NetworkProperties.CheckReplayed(run);
        Assert.Equal(0, run.Session.Tally.Retransmissions);
        // One for the handshake, one each for 10, 20, 40 ... 320 segments and the last 61, one for the answer and one or two for the close.
        Assert.InRange(run.Duration - run.Plan.Settings.TimeWait, TimeSpan.FromMilliseconds(9 * milliseconds), TimeSpan.FromMilliseconds(12 * milliseconds));
    }

    private static List<SimulatedNetwork> LossyUploads(bool hasSack)
    {
        var runs = Enumerable.Range(1, 20).Select(seed => new SimulatedNetwork(NetworkClasses.LossyUpload(seed, hasSack)).Run()).ToList();
        foreach (var run in runs)
        {
            NetworkProperties.Check(run);
            NetworkProperties.CheckReplayed(run);
        }
        return runs;
    }
}
