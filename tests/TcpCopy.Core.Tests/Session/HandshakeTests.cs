using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class HandshakeTests
{
    [Fact]
    public void The_syn_has_the_clients_number_and_our_own_options()
    {
        var harness = new SessionHarness(new SessionSettings { MaxSegmentSize = 1400 });
        harness.Client.Syn();
        var syn = Assert.Single(harness.Take()).Header;
        Assert.Equal(harness.ClientStart, syn.Sequence);
        Assert.Equal(TcpFlags.Syn, syn.Flags);
        Assert.Equal(1400, syn.Options.Mss);
        Assert.True(syn.Options is { HasWindowScale: true, SackPermitted: true, HasTimestamps: true });
        Assert.Equal(0u, syn.Options.TimestampEcho);
    }

    [Fact]
    public void An_unanswered_syn_is_repeated_after_1_2_and_4_seconds()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Expect("S 0:0");
        harness.Advance(999);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("S 0:0");
        harness.Advance(1_999);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("S 0:0");
        harness.Advance(4_000);
        harness.Expect("S 0:0");
        Assert.Equal(3, harness.Session.Tally.Retransmissions);
    }

    [Fact]
    public void A_target_that_never_answers_the_syn_is_given_up_and_what_the_client_sent_counts_as_lost()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Client.Data("GET", seen: 0);
        harness.Advance(61_000);
        Assert.Null(harness.Session.Outcome);
        harness.ExpectNoLeases();
        harness.Client.Data("MORE", seen: 10);
        harness.Client.Fin(seen: 20);
        harness.ExpectOutcome(SessionOutcome.NoSynAck);
        Assert.Equal(2, harness.Session.Tally.RequestsLost);
        Assert.Equal(7, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void Refused_sends_turn_no_syn_ack_into_send_error()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        for (var second = 0; second <= 60; second++)
        {
            if (harness.Take().Count > 0)
                harness.Session.OnSendFailed(1);
            harness.Advance(1_000);
        }
        harness.Client.Fin(seen: 0);
        harness.ExpectOutcome(SessionOutcome.SendError);
    }

    [Fact]
    public void Once_a_SYN_has_left_it_is_the_target_that_did_not_answer()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Session.OnSendFailed(1);
        harness.Client.Fin(seen: 0);
        harness.Advance(61_000);
        harness.ExpectOutcome(SessionOutcome.NoSynAck);
    }

    [Fact]
    public void A_refused_connection_is_a_target_reset()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Target.Reset();
        harness.Client.Data("GET", seen: 0);
        harness.Client.Fin();
        harness.Expect("S 0:0");
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        Assert.Equal(3, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void Data_waits_for_the_handshake_and_carries_its_last_ack()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Client.Data("GET", seen: 0);
        harness.Expect("S 0:0");
        harness.Target.SynAck();
        harness.Expect("PA 1:3 ack 1");
    }

    [Fact]
    public void A_repeated_syn_ack_is_acknowledged_again()
    {
        var harness = new SessionHarness().Connect();
        harness.Target.SynAck();
        harness.Expect("A 1:0 ack 1");
    }

    [Fact]
    public void The_clients_repeated_syn_starts_nothing_new()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Client.Syn();
        harness.Expect("S 0:0");
    }

    [Fact]
    public void An_older_connection_at_the_target_is_reset_and_the_next_syn_gets_through()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Target.Ack(upTo: -5_000);
        harness.Expect("S 0:0", "R -5000:0");
        harness.Advance(1_000);
        harness.Target.SynAck();
        harness.Expect("S 0:0", "A 1:0 ack 1");
    }

    [Fact]
    public void Options_that_the_target_does_not_answer_are_not_used()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Target.SynAck(mss: 0, scale: null, timestamps: false, sack: false, window: 5_000);
        harness.Client.Data(new byte[2_000], seen: 0);
        harness.Target.LoseReply(10);
        harness.Target.Reply(10);
        // 536 bytes a segment without the MSS option (RFC 9293 section 3.7.1).
        harness.Expect("S 0:0", "A 1:0 ack 1", "A 1:536 ack 1", "A 537:536 ack 1", "A 1073:536 ack 1", "PA 1609:392 ack 1", "A 2001:0 ack 1");
        Assert.All(harness.Sent.Skip(1), sent => Assert.False(sent.Header.Options.HasTimestamps));
        Assert.Equal(0, harness.Sent[^1].Header.Options.SackCount);
    }

    [Fact]
    public void With_full_sessions_only_one_that_was_open_before_is_refused_and_nothing_is_sent()
    {
        var harness = new SessionHarness(new SessionSettings { FullSessionsOnly = true });
        harness.Client.Data("GET /1", seen: 0);
        harness.Client.Data("GET /2", seen: 100);
        harness.Client.Fin(seen: 200);
        harness.ExpectNothing();
        harness.ExpectOutcome(SessionOutcome.MidStreamRefused);
        Assert.Equal(2, harness.Session.Tally.RequestsLost);
        Assert.Equal(12, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void Timestamps_start_at_the_offset_and_count_milliseconds()
    {
        var harness = new SessionHarness().Connect();
        var first = harness.Sent[^1].Header.Options.TimestampValue;
        harness.Advance(250);
        harness.Client.Data("GET", seen: 0);
        Assert.Equal(unchecked(first + 250), harness.Sent[^1].Header.Options.TimestampValue);
    }

    [Fact]
    public void The_echo_is_the_timestamp_of_the_earliest_unacknowledged_reply()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Advance(10);
        var sentAt = unchecked((uint)(harness.Now.Ticks / TimeSpan.TicksPerMillisecond));
        harness.Target.Reply(100);
        harness.Advance(10);
        harness.Target.Reply(100);
        harness.Advance(40);
        Assert.Equal(sentAt, harness.Sent[^1].Header.Options.TimestampEcho);
        Assert.Equal(201, harness.Sent[^1].Acknowledgement);
    }
}
