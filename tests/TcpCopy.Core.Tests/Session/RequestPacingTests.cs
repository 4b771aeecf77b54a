using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class RequestPacingTests
{
    [Fact]
    public void A_keep_alive_session_sends_each_request_after_the_answer_to_the_one_before()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET /1", seen: 0);
        harness.Expect("PA 1:6 ack 1");
        harness.Client.Data("GET /2", seen: 100);
        harness.Target.Ack();
        harness.ExpectNothing();
        harness.Target.Reply(100);
        harness.Expect("PA 7:6 ack 101");
        harness.Target.Reply(100);
        harness.Client.Fin(seen: 200);
        harness.Expect("FA 13:0 ack 201");
        harness.Target.Fin();
        harness.Expect("A 14:0 ack 202");
        Assert.Equal(2, harness.Session.Tally.RequestsCaptured);
        Assert.Equal(2, harness.Session.Tally.RequestsAcknowledged);
        Assert.Equal(2, harness.Session.Tally.RequestsAnswered);
        Assert.Equal(12, harness.Session.Tally.BytesAcknowledged);
        Assert.Equal(200, harness.Session.Tally.ReplyBytes);
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_request_in_many_segments_is_one_request_and_goes_out_as_it_comes()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("POST ", seen: 0);
        harness.Client.Data("body1");
        harness.Client.Data("body2");
        harness.Expect("PA 1:5 ack 1", "PA 6:5 ack 1", "PA 11:5 ack 1");
        Assert.Equal(1, harness.Session.Tally.RequestsCaptured);
    }

    [Fact]
    public void The_ack_of_our_data_is_no_answer()
    {
        var harness = TwoRequests(answer: 100);
        harness.Advance(1_000);
        harness.ExpectNothing();
        Assert.Equal(0, harness.Session.Tally.RequestsAnswered);
    }

    [Fact]
    public void A_part_of_the_answer_that_is_not_pushed_is_no_answer()
    {
        var harness = TwoRequests(answer: 3_000);
        harness.Target.Reply(1_448, push: false);
        harness.Advance(1_000);
        harness.Expect("A 7:0 ack 1449");
    }

    [Fact]
    public void A_shorter_answer_counts_after_5_ms_of_silence()
    {
        var harness = TwoRequests(answer: 100);
        harness.Target.Reply(60);
        harness.ExpectNothing();
        // The answer may go on once we acknowledge this much (Nagle's algorithm at the target).
        harness.Advance(1);
        harness.Expect("A 7:0 ack 61");
        harness.Advance(3);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 7:6 ack 61");
        Assert.Equal(0, harness.Session.Tally.ReplyWaitsExpired);
    }

    [Fact]
    public void Silence_is_measured_from_the_last_byte_and_in_round_trips()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Online.SynAck();
        harness.Advance(20);
        harness.Target.SynAck();
        harness.Client.Data("GET /1", seen: 0);
        harness.Client.Data("GET /2", seen: 100);
        harness.Advance(20);
        harness.Target.Reply(30);
        harness.Advance(30);
        harness.Target.Reply(30);
        harness.Advance(1);
        harness.Take();
        harness.Advance(38);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 7:6 ack 61");
    }

    [Fact]
    public void A_longer_answer_is_waited_for_up_to_its_push()
    {
        var harness = TwoRequests(answer: 1_000);
        harness.Target.Reply(1_448, push: false);
        harness.ExpectNothing();
        harness.Target.Reply(500);
        harness.Expect("PA 7:6 ack 1949");
    }

    [Fact]
    public void The_tail_of_a_longer_answer_is_not_taken_for_the_next_one()
    {
        var harness = TwoRequests(answer: 100);
        harness.Client.Data("GET /3", seen: 200);
        harness.Target.Reply(100);
        harness.Expect("PA 7:6 ack 101");
        // Sent before the target had the second request: it acknowledges the first alone.
        harness.Target.Reply(150, upTo: 7);
        harness.Take();
        harness.Target.Ack();
        harness.Advance(4);
        harness.ExpectNothing();
        harness.Target.Reply(100);
        harness.Expect("PA 13:6 ack 351");
    }

    [Fact]
    public void A_target_that_does_not_answer_is_waited_for_5_s_then_half_as_long_each_time()
    {
        var harness = new SessionHarness().Connect();
        for (var request = 0; request < 12; request++)
            harness.Client.Data("GET", seen: 10 * request);
        double[] waits = [5_000, 2_500, 1_250, 625, 312.5, 156.25, 78.125, 50, 50, 50];
        for (var request = 0; request < waits.Length; request++)
        {
            harness.Expect($"PA {1 + (3 * request)}:3 ack 1");
            harness.Target.Ack();
            harness.Advance(waits[request] - 0.1);
            harness.ExpectNothing();
            harness.Advance(0.1);
        }
        Assert.Equal(waits.Length, harness.Session.Tally.ReplyWaitsExpired);
    }

    [Fact]
    public void A_real_answer_restores_the_wait()
    {
        var harness = TwoRequests(answer: 100);
        harness.Client.Data("GET /3", seen: 200);
        harness.Client.Data("GET /4", seen: 300);
        harness.Advance(5_000);
        harness.Expect("PA 7:6 ack 1");
        harness.Target.Reply(100);
        harness.Expect("PA 13:6 ack 101");
        harness.Target.Ack();
        harness.Advance(4_999);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 19:6 ack 101");
    }

    [Fact]
    public void A_wait_does_not_run_out_while_the_answer_is_coming()
    {
        var harness = TwoRequests(answer: 1_000_000);
        for (var second = 0; second < 20; second++)
        {
            harness.Advance(1_000);
            harness.Target.Reply(14_480, push: false);
        }
        Assert.All(harness.Take(), sent => Assert.Empty(sent.Payload));
        Assert.Equal(0, harness.Session.Tally.ReplyWaitsExpired);
    }

    [Fact]
    public void A_server_that_speaks_first_is_heard_first()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("USER", seen: 20);
        harness.Advance(100);
        harness.ExpectNothing();
        harness.Target.Reply(20);
        harness.Expect("PA 1:4 ack 21");
    }

    [Fact]
    public void A_greeting_that_never_comes_is_not_waited_for_longer_than_the_bound()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("USER", seen: 20);
        harness.Advance(4_999);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 1:4 ack 1");
    }

    [Fact]
    public void A_syn_ack_captured_after_the_first_data_still_tells_of_the_greeting()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Client.Data("USER", seen: 20);
        harness.Online.SynAck();
        harness.Target.SynAck();
        harness.Expect("S 0:0", "A 1:0 ack 1");
        harness.Target.Reply(20);
        harness.Expect("PA 1:4 ack 21");
    }

    [Fact]
    public void Without_the_syn_ack_the_client_is_taken_to_speak_first()
    {
        var harness = new SessionHarness().Connect(onlineSynAck: false);
        harness.Client.Data("GET /1", seen: 0);
        harness.Expect("PA 1:6 ack 1");
        harness.Client.Data("GET /2", seen: 100);
        harness.Target.Ack();
        harness.ExpectNothing();
        harness.Target.Reply(100);
        harness.Expect("PA 7:6 ack 101");
    }

    [Fact]
    public void A_start_up_packet_waits_for_a_one_byte_answer()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("SSLReqst", seen: 0);
        harness.Client.Data("start-up", seen: 1);
        harness.Expect("PA 1:8 ack 1");
        harness.Target.Ack();
        harness.Advance(200);
        harness.ExpectNothing();
        harness.Target.Reply(1);
        harness.Expect("PA 9:8 ack 2");
    }

    [Fact]
    public void An_answer_lost_at_the_tap_opens_nothing_before_it_is_repeated()
    {
        var harness = TwoRequests(answer: 2_896);
        harness.Target.LoseReply(1_448);
        harness.Target.Reply(1_448);
        harness.Expect("A 7:0 ack 1");
        harness.Target.Reply(1_448, push: false, at: 1);
        harness.Expect("PA 7:6 ack 2897");
    }

    [Fact]
    public void Interleaved_echoes_keep_flowing()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("0123456789", seen: 0);
        harness.Client.Data("0123456789", seen: 0);
        harness.Client.Data("0123456789", seen: 10);
        harness.Client.Data("0123456789", seen: 20);
        harness.Expect("PA 1:10 ack 1", "PA 11:10 ack 1");
        harness.Target.Reply(10, upTo: 11);
        harness.ExpectNothing();
        harness.Target.Reply(10, upTo: 21);
        harness.Expect("PA 21:10 ack 21");
        harness.Target.Reply(10, upTo: 31);
        harness.Expect("PA 31:10 ack 31");
        harness.Target.Reply(10);
        harness.Client.Fin(seen: 40);
        harness.Advance(5);
        harness.Expect("A 41:0 ack 41", "FA 41:0 ack 41");
        Assert.Equal(0, harness.Session.Tally.ReplyWaitsExpired);
    }

    [Fact]
    public void A_fin_captured_before_its_data_asks_for_no_answer_twice()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Client.Fin(seen: 5_000, at: 7);
        harness.Client.Data("BYE", seen: 5_000, at: 4);
        harness.Target.Reply(5_000);
        harness.Target.Ack();
        harness.Expect("PA 1:3 ack 1", "PA 4:3 ack 5001", "FA 7:0 ack 5001");
    }

    [Fact]
    public void A_reply_without_an_honest_echo_does_not_spoil_the_rto()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Echo = 5;
        harness.Target.Reply(100);
        harness.Client.Data("GET", seen: 100);
        harness.Take();
        harness.Advance(200);
        harness.Expect("PA 4:3 ack 101");
    }

    [Fact]
    public void Unpaced_requests_go_out_at_once()
    {
        var harness = new SessionHarness(new SessionSettings { Pacing = PacingMode.None }).Connect();
        harness.Client.Data("GET /1", seen: 0);
        harness.Client.Data("GET /2", seen: 100);
        harness.Client.Data("GET /3", seen: 200);
        harness.Expect("PA 1:6 ack 1", "PA 7:6 ack 1", "PA 13:6 ack 1");
        harness.Target.Ack();
        Assert.Equal(3, harness.Session.Tally.RequestsAcknowledged);
        harness.Client.Fin(seen: 300);
        harness.Expect("FA 19:0 ack 1");
    }

    [Fact]
    public void Timed_requests_keep_their_captured_distance_though_the_target_was_slow_to_connect()
    {
        var harness = new SessionHarness(new SessionSettings { Pacing = PacingMode.Timing });
        harness.Client.Syn();
        harness.Online.SynAck();
        harness.Advance(10);
        harness.Client.Data("GET /1", seen: 0);
        harness.Advance(20);
        harness.Client.Data("GET /2", seen: 100);
        harness.Advance(20);
        harness.Target.SynAck();
        harness.Expect("S 0:0", "PA 1:6 ack 1", "PA 7:6 ack 1");
        harness.Advance(30);
        harness.Client.Fin(seen: 200);
        harness.Target.Ack();
        harness.Expect("FA 13:0 ack 1");
    }

    private static SessionHarness TwoRequests(int answer)
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET /1", seen: 0);
        harness.Client.Data("GET /2", seen: answer);
        harness.Target.Ack();
        harness.Expect("PA 1:6 ack 1");
        return harness;
    }
}
