using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>Sessions of which no SYN was captured.</summary>
public class MidStreamTests
{
    [Fact]
    public void It_is_joined_where_the_next_request_begins_and_counts_as_replayed()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 5_000, at: 1_000);
        harness.Client.Data("more");
        harness.ExpectNothing();
        harness.ExpectNoLeases();
        harness.Client.Data("GET", seen: 5_100);
        harness.Expect("S 1007:0");
        harness.Target.SynAck(ack: 1_008);
        harness.Expect("PA 1008:3 ack 1");
        harness.Target.Reply(50);
        harness.Client.Fin(seen: 5_150);
        harness.Target.Fin(upTo: 1_011);
        harness.Target.Ack();
        harness.ExpectOutcome(SessionOutcome.Replayed);
        var tally = harness.Session.Tally;
        Assert.Equal((2, 1, 1), (tally.RequestsCaptured, tally.RequestsLost, tally.Joined));
        Assert.Equal((11, 8), (tally.BytesCaptured, tally.BytesLost));
    }

    [Fact]
    public void The_next_answer_is_waited_for_as_in_any_session()
    {
        var harness = Joined();
        harness.Client.Data("GET", seen: 200);
        harness.Target.Ack();
        harness.ExpectNothing();
        harness.Target.Reply(100);
        harness.Expect("PA 1007:3 ack 101");
    }

    [Fact]
    public void A_hole_before_the_first_request_is_passed_over_and_no_gap()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Data("half", seen: 100, at: 1_010);
        harness.Client.Data("GET", seen: 200);
        harness.ExpectNothing();
        harness.Advance(2_000);
        harness.Expect("S 1013:0");
        harness.Target.SynAck(ack: 1_014);
        harness.Target.Ack();
        harness.Client.Fin();
        harness.Target.Fin();
        harness.ExpectOutcome(SessionOutcome.Replayed);
        Assert.Equal((17, 14), (harness.Session.Tally.BytesCaptured, harness.Session.Tally.BytesLost));
    }

    [Fact]
    public void One_that_begins_no_request_any_more_was_not_joined()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Fin(seen: 100);
        harness.ExpectNothing();
        harness.ExpectOutcome(SessionOutcome.MidStreamRefused);
        Assert.Equal((1, 4), (harness.Session.Tally.RequestsLost, harness.Session.Tally.BytesLost));
    }

    [Fact]
    public void One_that_falls_silent_is_forgotten_after_the_idle_timeout()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Advance(2 * 3_600_000);
        harness.ExpectOutcome(SessionOutcome.MidStreamRefused);
    }

    [Fact]
    public void Data_from_before_the_first_segment_is_not_taken()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Data("old", seen: 0, at: 997);
        harness.ExpectNoLeases();
        Assert.Equal(4, harness.Session.Tally.BytesCaptured);
    }

    [Fact]
    public void A_SYN_that_comes_later_is_no_part_of_it()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Syn();
        harness.ExpectNothing();
        harness.ExpectNoLeases();
    }

    [Fact]
    public void A_first_request_beyond_the_bound_sheds_the_session()
    {
        var harness = new SessionHarness(new SessionSettings { MaxBufferedBytes = 1_000 });
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Data(new byte[1_001], seen: 100);
        harness.ExpectNothing();
        harness.ExpectNoLeases();
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.Shed);
        Assert.Equal((2, 2), (harness.Session.Tally.RequestsCaptured, harness.Session.Tally.RequestsLost));
    }

    [Fact]
    public void A_gap_after_the_join_is_a_gap()
    {
        var harness = Joined();
        harness.Target.Ack();
        harness.Client.Fin(at: 1_020);
        harness.Advance(2_000);
        harness.Expect("RA 1007:0 ack 1");
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
    }

    [Fact]
    public void Unpaced_and_by_captured_time_it_goes_out_as_well()
    {
        foreach (var pacing in new[] { PacingMode.None, PacingMode.Timing })
        {
            var harness = Joined(new SessionSettings { Pacing = pacing });
            harness.Advance(10);
            harness.Client.Data("GET", seen: 200);
            harness.Expect("PA 1007:3 ack 1");
        }
    }

    [Fact]
    public void An_older_connection_whose_number_fits_is_reset_once_the_SYN_had_to_be_repeated()
    {
        var harness = new SessionHarness();
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Data("GET", seen: 100);
        harness.Target.Ack(upTo: 1_004);
        harness.Expect("S 1003:0");
        harness.Advance(1_000);
        harness.Target.Ack(upTo: 1_004);
        harness.Expect("S 1003:0", "R 1004:0");
        harness.Advance(2_000);
        harness.Target.SynAck(ack: 1_004);
        harness.Expect("S 1003:0", "PA 1004:3 ack 1");
    }

    private static SessionHarness Joined(SessionSettings? settings = null)
    {
        var harness = new SessionHarness(settings);
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Data("GET", seen: 100);
        harness.Target.SynAck(ack: 1_004);
        harness.Expect("S 1003:0", "PA 1004:3 ack 1");
        return harness;
    }
}
