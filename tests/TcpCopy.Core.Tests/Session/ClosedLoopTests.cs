using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>The engine against a plain TCP of its own kind: whatever the network does, the target's byte stream is the client's.</summary>
public class ClosedLoopTests
{
    public static TheoryData<int> Seeds => new(Enumerable.Range(1, 40));

    [Theory, MemberData(nameof(Seeds))]
    public void A_clean_network_needs_no_repetition_and_every_request_waits_for_its_answer(int seed)
    {
        var run = new Conversation(new() { Seed = seed, Exchanges = Mixed(seed) }).Run();
        ExpectReplayed(run);
        Assert.Equal(0, run.Session.Tally.Retransmissions);
        Assert.Equal(0, run.EarlyRequests);
        Assert.Equal(0, run.Session.Tally.ReplyWaitsExpired);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Loss_in_both_directions_and_a_disordered_capture_change_no_byte(int seed)
    {
        var link = new LinkQuality(Loss: 0.05, Duplication: 0.02, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(0.5));
        var run = new Conversation(new()
        {
            Seed = seed,
            Exchanges = Mixed(seed),
            ToTarget = link,
            FromTarget = link,
            LargestSegment = 20_000,
            CaptureDisorder = 0.1,
        }).Run();
        ExpectReplayed(run);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_large_upload_gets_through_heavy_loss(int seed)
    {
        var link = new LinkQuality(Loss: 0.02, Delay: TimeSpan.FromMilliseconds(1));
        var run = new Conversation(new()
        {
            Seed = seed,
            Exchanges = [new Exchange(1_000_000, 200, 200)],
            ToTarget = link,
            FromTarget = link,
            LargestSegment = 65_160,
            Target = new TargetTraits(Timestamps: seed % 2 == 0, Sack: seed % 5 != 0),
            Settings = new SessionSettings { CongestionWindow = seed % 3 != 0 },
        }).Run();
        ExpectReplayed(run);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_slow_reader_with_a_small_window_gets_every_byte(int seed)
    {
        var link = new LinkQuality(Loss: 0.03, Delay: TimeSpan.FromMilliseconds(1));
        var run = new Conversation(new()
        {
            Seed = seed,
            Exchanges = [new Exchange(200_000, 200, 200)],
            ToTarget = link,
            FromTarget = link,
            Target = new TargetTraits(ReadsAtOnce: false, ReceiveBuffer: 3_000 + (700 * seed), Timestamps: seed % 2 == 0, Sack: seed % 3 == 0),
        }).Run();
        ExpectReplayed(run);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_black_out_of_thirty_seconds_is_survived(int seed)
    {
        var link = new LinkQuality(
            Loss: 0.01, Delay: TimeSpan.FromMilliseconds(1), BlackoutFrom: TimeSpan.FromMilliseconds(2 * seed), Blackout: TimeSpan.FromSeconds(30));
        var run = new Conversation(new() { Seed = seed, Exchanges = Mixed(seed), ToTarget = link, FromTarget = link }).Run();
        ExpectReplayed(run);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_server_that_greets_and_closes_first_is_heard_out(int seed)
    {
        var link = new LinkQuality(Loss: seed % 2 * 0.03, Delay: TimeSpan.FromMilliseconds(2));
        var run = new Conversation(new()
        {
            Seed = seed,
            Exchanges = [new Exchange(0, 60, 60), .. Mixed(seed)],
            ToTarget = link,
            FromTarget = link,
            ServerClosesFirst = true,
        }).Run();
        ExpectReplayed(run);
        if (seed % 2 == 0)
            Assert.Equal(0, run.EarlyRequests);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_download_is_finished_before_the_fin_whatever_gets_lost(int seed)
    {
        var link = new LinkQuality(Loss: 0.02, Delay: TimeSpan.FromMilliseconds(1));
        var run = new Conversation(new()
        {
            Seed = seed,
            Exchanges = [new Exchange(100, 2_000_000, 2_000_000)],
            ToTarget = link,
            FromTarget = link,
            Target = new TargetTraits(ReplySize: seed % 2 == 0 ? 1_448 : 14_480, SendWindow: 65_000),
        }).Run();
        ExpectReplayed(run);
        Assert.Equal(2_000_000, run.Session.Tally.ReplyBytes);
        Assert.Equal(2_000_000, run.AcknowledgedWhenClientFinished);
    }

    [Fact]
    public void What_the_target_reports_to_hold_saves_time_and_repetitions_on_a_lossy_network()
    {
        var with = Enumerable.Range(1, 20).Select(seed => LossyUpload(seed, sack: true)).ToList();
        var without = Enumerable.Range(1, 20).Select(seed => LossyUpload(seed, sack: false)).ToList();
        Assert.True(with.Sum(run => run.Duration.TotalSeconds) < without.Sum(run => run.Duration.TotalSeconds));
        Assert.True(with.Sum(run => run.Session.Tally.Retransmissions) < without.Sum(run => run.Session.Tally.Retransmissions));
    }

    private static Conversation LossyUpload(int seed, bool sack)
    {
        var link = new LinkQuality(Loss: 0.05, Delay: TimeSpan.FromMilliseconds(5));
        var run = new Conversation(new()
        {
            Seed = seed,
            Exchanges = [new Exchange(1_000_000, 200, 200)],
            ToTarget = link,
            FromTarget = link,
            LargestSegment = 60_000,
            Target = new TargetTraits(Sack: sack),
        }).Run();
        ExpectReplayed(run);
        return run;
    }

    private static void ExpectReplayed(Conversation run)
    {
        Assert.Equal(SessionOutcome.Replayed, run.Session.Outcome);
        Assert.True(run.ClientStream.SequenceEqual(run.Target.Received), "the target's stream differs from the client's");
        Assert.True(run.Target.ClientFinished);
        Assert.Equal(0, run.Leases.Outstanding);
        Assert.Equal(0, run.Session.Tally.BytesLost);
        Assert.Equal(0, run.Session.Tally.RequestsLost);
        Assert.Equal(0, run.Session.Tally.ConflictingBytes);
    }

    private static List<Exchange> Mixed(int seed)
    {
        var random = new Random(seed);
        var exchanges = new List<Exchange>();
        for (var count = 0; count < 20; count++)
        {
            var online = random.Next(1, 30_000);
            exchanges.Add(new Exchange(random.Next(1, 20_000), online, random.Next(4) == 0 ? random.Next(1, 30_000) : online));
        }
        return exchanges;
    }
}
