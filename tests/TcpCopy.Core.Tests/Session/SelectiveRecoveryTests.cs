using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class SelectiveRecoveryTests
{
    [Fact]
    public void Only_the_holes_are_sent_again_each_when_three_ranges_are_held_behind_it()
    {
        var harness = TenSegments();
        harness.Target.Sack(upTo: 1, (101, 201));
        harness.Target.Sack(upTo: 1, (101, 201), (301, 401));
        harness.ExpectNothing();
        harness.Target.Sack(upTo: 1, (101, 201), (301, 401), (501, 601));
        harness.Expect("PA 1:100 ack 1");
        harness.Target.Sack(upTo: 1, (701, 801), (501, 601), (301, 401));
        harness.Expect("PA 201:100 ack 1");
        harness.Target.Sack(upTo: 1, (901, 1001), (701, 801), (501, 601));
        harness.Expect("PA 401:100 ack 1");
        harness.Target.Ack(upTo: 1_001);
        harness.ExpectNothing();
        harness.ExpectNoLeases();
        Assert.Equal(3, harness.Session.Tally.Retransmissions);
    }

    [Fact]
    public void A_hole_with_less_than_three_segments_behind_it_is_not_lost_yet()
    {
        var harness = TenSegments();
        harness.Target.Sack(upTo: 1, (101, 201));
        harness.Target.Sack(upTo: 201, (301, 401));
        harness.Target.Sack(upTo: 401, (501, 601));
        harness.ExpectNothing();
    }

    [Fact]
    public void After_the_rto_what_is_held_is_not_sent_again()
    {
        var harness = TenSegments();
        harness.Target.Sack(upTo: 1, (101, 901));
        harness.Advance(200);
        harness.Expect("PA 1:100 ack 1", "PA 901:100 ack 1");
    }

    [Fact]
    public void A_target_that_stays_silent_is_sent_again_what_it_had_reported()
    {
        var harness = TenSegments();
        harness.Target.Sack(upTo: 1, (101, 901));
        harness.Advance(200);
        harness.Take();
        harness.Advance(400);
        harness.Target.Ack(upTo: 101);
        Assert.Contains("PA 101:100 ack 1", harness.Take().Select(sent => sent.ToString()));
    }

    [Fact]
    public void Blocks_that_cannot_be_are_ignored()
    {
        var harness = TenSegments();
        harness.Target.Sack(upTo: 101, (1, 101), (5_000, 6_000), (301, 301), (401, 201));
        harness.Target.Sack(upTo: 101, (1, 101), (5_000, 6_000));
        harness.ExpectNothing();
        harness.Target.Ack(upTo: 1_001);
        harness.ExpectNoLeases();
    }

    private static SessionHarness TenSegments()
    {
        var harness = new SessionHarness(new SessionSettings { Pacing = PacingMode.None }).Connect();
        for (var index = 0; index < 10; index++)
            harness.Client.Data(new byte[100], seen: 0);
        harness.Take();
        return harness;
    }
}
