using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>Bytes that the capture missed and the client never repeats.</summary>
public class GapTests
{
    [Fact]
    public void The_session_goes_on_at_the_next_request_with_a_fresh_replica()
    {
        var harness = Gapped();
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.ExpectNothing();
        harness.Client.Data("CC", seen: 200);
        harness.Expect("S 9:0");
        harness.Target.SynAck(ack: 10);
        harness.Expect("PA 10:2 ack 1");
        harness.Target.Reply(100);
        harness.Client.Fin(seen: 300);
        harness.Expect("FA 12:0 ack 101");
        harness.Target.Fin();
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        // "AAA", then 4 missing bytes and "BB" as one lost request, then "CC".
        ExpectTally(harness, requests: 3, lostRequests: 1, bytes: 11, lostBytes: 6);
        Assert.Equal(1, harness.Session.Tally.Joined);
    }

    [Fact]
    public void What_is_held_behind_the_hole_is_looked_through_at_once()
    {
        var harness = Asked();
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Client.Data("CC", seen: 200);
        harness.Client.Data("DD");
        harness.Advance(1_999);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("RA 4:0 ack 1", "S 9:0");
        harness.Target.SynAck(ack: 10);
        harness.Expect("PA 10:2 ack 1", "PA 12:2 ack 1");
    }

    [Fact]
    public void A_hole_that_the_client_fills_in_time_is_no_gap()
    {
        var harness = Asked();
        harness.Client.Data("CC", seen: 100, at: 6);
        harness.Advance(1_999);
        harness.Client.Data("BB", at: 4);
        harness.Advance(60);
        Assert.DoesNotContain(harness.Take(), sent => sent.ToString().StartsWith('R'));
        Assert.Equal(0, harness.Session.Tally.Joined);
    }

    [Fact]
    public void A_client_that_fills_the_hole_bit_by_bit_is_waited_for()
    {
        var harness = Asked();
        harness.Client.Data("D", at: 7);
        for (var at = 4; at < 7; at++)
        {
            harness.Advance(1_500);
            harness.Client.Data("x", at: at);
            harness.Target.Ack();
        }
        Assert.Equal(8, harness.HighestSent);
        Assert.DoesNotContain(harness.Take(), sent => sent.ToString().StartsWith('R'));
    }

    [Fact]
    public void A_segment_behind_the_hole_that_acknowledges_no_more_belongs_to_the_request_before()
    {
        var harness = Asked();
        harness.Client.Data("BB", at: 8);
        harness.Advance(2_000);
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        ExpectTally(harness, requests: 1, lostRequests: 1, bytes: 9, lostBytes: 6);
    }

    [Fact]
    public void The_replica_is_kept_until_the_target_has_what_came_before_the_hole()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("AAA", seen: 0);
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Advance(2_100);
        Assert.DoesNotContain(harness.Take(), sent => sent.ToString().StartsWith('R'));
        harness.Target.Ack();
        harness.Expect("RA 4:0 ack 1");
    }

    [Fact]
    public void A_second_hole_is_given_up_when_it_has_waited_as_long()
    {
        var harness = Asked();
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Advance(1_000);
        harness.Client.Data("DD", seen: 300, at: 20);
        harness.Client.Data("EE", seen: 400);
        harness.Advance(1_000);
        harness.Expect("RA 4:0 ack 1");
        harness.Advance(999);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("S 21:0");
        Assert.Equal(harness.Session.Tally.BytesCaptured, harness.Client.Next - 1);
    }

    [Fact]
    public void A_hole_before_the_clients_fin_ends_the_session()
    {
        var harness = Asked();
        harness.Client.Fin(at: 10, seen: 100);
        harness.Advance(2_000);
        harness.Expect("RA 4:0 ack 1");
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        ExpectTally(harness, requests: 2, lostRequests: 1, bytes: 9, lostBytes: 6);
    }

    [Fact]
    public void A_hole_at_the_very_beginning_is_a_gap_too()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("BB", seen: 0, at: 5);
        harness.Client.Data("CC", seen: 100);
        harness.Advance(2_000);
        harness.Expect("RA 1:0 ack 1", "S 6:0");
        // The lost one, and the one that is on its way.
        Assert.Equal(2, harness.Session.Tally.RequestsCaptured);
    }

    [Fact]
    public void A_tail_of_a_repeated_segment_is_no_beginning()
    {
        var harness = Gapped();
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Client.Data("BBCC", seen: 200, at: 8);
        harness.ExpectNothing();
        harness.Client.Data("DD", seen: 300);
        harness.Expect("S 11:0");
    }

    [Fact]
    public void Late_packets_of_the_old_replica_are_reset_and_do_not_disturb_the_new_one()
    {
        var harness = Gapped();
        harness.Target.Reply(50, upTo: 4);
        harness.Expect("R 4:0");
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Client.Data("CC", seen: 200);
        harness.Target.Reply(50, upTo: 4);
        harness.Expect("S 9:0", "R 4:0");
        harness.Target.SynAck(ack: 10);
        harness.Expect("PA 10:2 ack 1");
    }

    [Fact]
    public void The_outcome_stays_whatever_comes_after()
    {
        var harness = Gapped();
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Client.Data("CC", seen: 200);
        harness.Target.SynAck(ack: 10);
        harness.Abort(SessionOutcome.Stopped);
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        ExpectTally(harness, requests: 3, lostRequests: 2, bytes: 11, lostBytes: 8);
    }

    [Fact]
    public void A_session_that_is_stopped_before_it_could_be_joined_again_had_a_gap()
    {
        var harness = Gapped();
        harness.Abort(SessionOutcome.Stopped);
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
    }

    [Fact]
    public void With_full_sessions_only_none_is_joined_again()
    {
        var harness = Gapped(new SessionSettings { FullSessionsOnly = true });
        harness.Client.Data("BB", seen: 100, at: 8);
        harness.Client.Data("CC", seen: 200);
        harness.ExpectNothing();
        harness.Client.Fin(seen: 300);
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        ExpectTally(harness, requests: 3, lostRequests: 2, bytes: 11, lostBytes: 8);
    }

    [Fact]
    public void More_than_the_bound_behind_a_second_hole_lets_everything_go()
    {
        var harness = Gapped(new SessionSettings { MaxBufferedBytes = 1_000 });
        harness.Client.Data(new byte[1_001], seen: 200, at: 20);
        harness.ExpectNoLeases();
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        Assert.Equal(0, harness.Session.Tally.Joined);
    }

    /// <summary>"AAA" is acknowledged; "B" at 7 has shown that three bytes are missing before it, and the wait for them is over.</summary>
    private static SessionHarness Gapped(SessionSettings? settings = null)
    {
        var harness = Asked(settings);
        harness.Client.Data("B", seen: 100, at: 7);
        harness.Advance(2_000);
        harness.Expect("RA 4:0 ack 1");
        return harness;
    }

    private static SessionHarness Asked(SessionSettings? settings = null)
    {
        var harness = new SessionHarness(settings).Connect();
        harness.Client.Data("AAA", seen: 0);
        harness.Target.Ack();
        harness.Expect("PA 1:3 ack 1");
        return harness;
    }

    private static void ExpectTally(SessionHarness harness, int requests, int lostRequests, int bytes, int lostBytes)
    {
        var tally = harness.Session.Tally;
        Assert.Equal((requests, lostRequests), (tally.RequestsCaptured, tally.RequestsLost));
        Assert.Equal((bytes, lostBytes), (tally.BytesCaptured, tally.BytesLost));
    }
}
