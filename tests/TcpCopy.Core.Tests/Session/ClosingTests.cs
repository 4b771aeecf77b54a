using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class ClosingTests
{
    [Fact]
    public void The_clients_fin_waits_for_the_whole_download()
    {
        var harness = Asked();
        harness.Client.Fin(seen: 20_000_000);
        for (var sent = 0; sent < 20_000_000; sent += 50_000)
        {
            harness.Advance(2);
            harness.Target.Reply(50_000, push: sent + 50_000 == 20_000_000);
        }
        var segments = harness.Take();
        Assert.Equal("FA 4:0 ack 20000001", segments[^1].ToString());
        Assert.Single(segments, segment => segment.ToString().StartsWith('F'));
        harness.Target.Fin();
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_pause_in_the_download_does_not_let_the_fin_out()
    {
        var harness = Asked();
        harness.Client.Fin(seen: 1_000_000);
        harness.Target.Reply(200_000);
        harness.Take();
        harness.Advance(450);
        harness.ExpectNothing();
        harness.Target.Reply(800_000);
        harness.Expect("FA 4:0 ack 1000001");
    }

    [Fact]
    public void A_much_shorter_answer_lets_the_fin_out_after_half_a_second()
    {
        var harness = Asked();
        harness.Client.Fin(seen: 1_000_000);
        harness.Target.Reply(5_000);
        harness.Take();
        harness.Advance(500);
        harness.Expect("FA 4:0 ack 5001");
    }

    [Fact]
    public void A_slightly_shorter_answer_lets_the_fin_out_after_5_ms()
    {
        var harness = Asked();
        harness.Client.Fin(seen: 1_000);
        harness.Target.Reply(950);
        harness.Advance(4);
        harness.Take();
        harness.Advance(1);
        harness.Expect("FA 4:0 ack 951");
    }

    [Fact]
    public void A_server_that_closes_first_ends_its_answer_with_its_fin()
    {
        var harness = Asked();
        harness.Client.Fin(seen: 101);
        harness.Target.Reply(80, push: false);
        harness.ExpectNothing();
        harness.Target.Fin();
        harness.Expect("FA 4:0 ack 82");
        harness.Target.Ack();
        Assert.True(harness.Session.IsClosed);
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void The_targets_fin_is_acknowledged_at_once_while_the_client_stays_open()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Target.Fin();
        harness.Expect("A 4:0 ack 102");
        Assert.Null(harness.Session.Outcome);
        harness.Client.Fin(seen: 101);
        harness.Expect("FA 4:0 ack 102");
        harness.Target.Ack();
        harness.ExpectOutcome(SessionOutcome.Replayed);
        Assert.Equal(1, harness.Session.Tally.RequestsAnswered);
    }

    [Fact]
    public void A_target_that_closed_and_resets_what_comes_later_closed_early()
    {
        var harness = Asked(new SessionSettings { ReopenOnTargetClose = false });
        harness.Target.Reply(100);
        harness.Target.Fin();
        harness.Client.Data("GET", seen: 100);
        harness.Take();
        harness.Target.Reset(upTo: 4);
        harness.Client.Data("GET", seen: 200);
        Assert.Null(harness.Session.Outcome);
        harness.Client.Fin(seen: 300);
        harness.ExpectNothing();
        harness.ExpectOutcome(SessionOutcome.TargetClosedEarly);
        Assert.Equal(3, harness.Session.Tally.RequestsCaptured);
        Assert.Equal(2, harness.Session.Tally.RequestsLost);
        Assert.Equal(6, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void A_target_that_half_closed_and_still_reads_loses_nothing()
    {
        var harness = Asked(new SessionSettings { ReopenOnTargetClose = false });
        harness.Target.Fin();
        harness.Client.Data("MORE", seen: 1);
        harness.Target.Ack();
        harness.Client.Fin();
        harness.Target.Ack();
        harness.Expect("A 4:0 ack 2", "PA 4:4 ack 2", "FA 8:0 ack 2");
        harness.ExpectOutcome(SessionOutcome.Replayed);
        Assert.Equal(0, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void A_half_closed_client_still_gets_its_answer()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Expect("FA 4:0 ack 1");
        harness.Target.Ack();
        harness.Advance(30_000);
        harness.Target.Reply(5_000);
        harness.Expect("A 5:0 ack 5001");
        harness.Target.Fin();
        harness.Expect("A 5:0 ack 5002");
        harness.ExpectOutcome(SessionOutcome.Replayed);
        Assert.Equal(1, harness.Session.Tally.RequestsAnswered);
    }

    [Fact]
    public void A_fin_with_data_sends_the_data_first()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Fin(seen: 0, text: "BYE");
        harness.Expect("PA 1:3 ack 1");
        harness.Target.Ack();
        harness.Expect("FA 4:0 ack 1");
    }

    [Fact]
    public void A_lost_fin_is_repeated()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Advance(200);
        harness.Expect("FA 4:0 ack 1", "FA 4:0 ack 1");
        harness.Target.Ack();
        harness.Advance(10_000);
        harness.ExpectNothing();
    }

    [Fact]
    public void A_repeated_fin_of_the_targets_is_acknowledged_again_for_a_while()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Target.Ack();
        harness.Target.Fin();
        harness.Take();
        Assert.Equal(SessionOutcome.Replayed, harness.Session.Outcome);
        Assert.False(harness.Session.IsClosed);
        harness.Target.Fin(at: 1);
        harness.Expect("A 5:0 ack 2");
        harness.Advance(1_000);
        Assert.True(harness.Session.IsClosed);
    }

    [Fact]
    public void Both_sides_may_close_at_once()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Target.Fin(upTo: 4);
        harness.Expect("FA 4:0 ack 1", "A 5:0 ack 2");
        harness.Target.Ack();
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_target_that_never_closes_is_reset_and_the_session_counts_as_replayed()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Target.Ack();
        harness.Take();
        harness.Advance(60_000);
        harness.Expect("RA 5:0 ack 1");
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void The_clients_reset_follows_its_data_and_its_answer()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Client.Reset(seen: 50);
        harness.Expect("PA 1:3 ack 1");
        harness.Target.Ack();
        harness.ExpectNothing();
        harness.Target.Reply(50);
        harness.Expect("RA 4:0 ack 51");
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void The_clients_reset_after_its_fin_resets_a_target_that_is_still_answering()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Target.Ack();
        harness.Take();
        harness.Client.Reset(at: 5);
        harness.Expect("RA 5:0 ack 1");
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_reset_behind_bytes_that_nobody_received_is_forwarded_at_the_end_of_what_came()
    {
        var harness = Asked();
        harness.Client.Reset(at: 500);
        harness.Expect("RA 4:0 ack 1");
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void What_the_targets_reset_acknowledges_counts_as_acknowledged()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Reset();
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        Assert.Equal(0, harness.Session.Tally.BytesLost);
        Assert.Equal(0, harness.Session.Tally.RequestsAnswered);
    }

    [Fact]
    public void A_reset_by_the_target_in_the_middle_is_its_outcome()
    {
        var harness = Asked();
        harness.Client.Data("GET", seen: 100);
        harness.Target.Reset(upTo: 4);
        harness.Client.Fin();
        harness.ExpectNothing();
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        Assert.Equal(1, harness.Session.Tally.RequestsLost);
    }

    [Fact]
    public void A_reset_by_the_target_in_place_of_its_fin_takes_nothing_away()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Client.Fin(seen: 100);
        harness.Target.Reset();
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_client_that_is_silent_for_the_idle_timeout_is_closed()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Advance(40);
        harness.Take();
        harness.Advance(2 * 3_600_000 - 100);
        harness.ExpectNothing();
        harness.Advance(100);
        harness.Expect("FA 4:0 ack 101");
        harness.Target.Fin();
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_session_silent_for_ten_minutes_goes_on()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Advance(600_000);
        harness.Take();
        harness.Client.Data("GET", seen: 100);
        harness.Expect("PA 4:3 ack 101");
    }

    [Fact]
    public void An_abort_resets_the_target_and_lets_everything_go()
    {
        var harness = Asked();
        harness.Client.Data("MORE");
        harness.Abort(SessionOutcome.Stopped);
        Assert.Equal("RA 8:0 ack 1", harness.Take()[^1].ToString());
        harness.Client.Data("LATE");
        harness.ExpectOutcome(SessionOutcome.Stopped);
        Assert.Equal(4, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void An_abort_in_the_handshake_resets_what_the_target_may_have_opened()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Abort(SessionOutcome.Stopped);
        harness.Target.SynAck();
        harness.Expect("S 0:0", "R 1:0", "R 1:0");
        harness.ExpectOutcome(SessionOutcome.Stopped);
    }

    [Fact]
    public void An_abort_of_a_session_that_has_ended_changes_nothing()
    {
        var harness = Asked();
        harness.Target.Reset();
        harness.Abort(SessionOutcome.Stopped);
        Assert.Equal(SessionOutcome.TargetReset, harness.Session.Outcome);
        harness.Abort(SessionOutcome.Failed);
        harness.ExpectNothing();
        harness.ExpectOutcome(SessionOutcome.TargetReset);
    }

    [Fact]
    public void An_abort_before_anything_was_seen_sends_nothing()
    {
        var harness = new SessionHarness();
        harness.Abort(SessionOutcome.Stopped);
        harness.ExpectNothing();
        harness.ExpectOutcome(SessionOutcome.Stopped);
    }

    [Fact]
    public void A_new_connection_on_the_same_ports_is_no_business_of_this_session()
    {
        var harness = Asked();
        harness.Client.Fin();
        harness.Target.Ack();
        harness.Take();
        harness.Client.SynAt(1_000_000);
        harness.ExpectNothing();
        Assert.Equal(0, harness.Session.Tally.BytesLost);
        harness.Target.Fin();
        harness.Expect("A 5:0 ack 2");
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    /// <summary>One request is out and acknowledged.</summary>
    private static SessionHarness Asked(SessionSettings? settings = null)
    {
        var harness = new SessionHarness(settings).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Ack();
        harness.Expect("PA 1:3 ack 1");
        return harness;
    }
}
