using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>Which of the target's packets are believed: resets by their number (RFC 5961), data by its timestamp (RFC 7323 section 5).</summary>
public class ReplyValidationTests
{
    [Fact]
    public void A_reset_at_the_number_expected_is_believed_at_once()
    {
        var harness = Asked();
        harness.Target.Reset(at: 101);
        harness.ExpectNothing();
        ExpectReset(harness);
    }

    [Fact]
    public void A_reset_ahead_of_what_came_is_challenged_and_the_answer_at_the_right_number_is_believed()
    {
        var harness = Asked();
        // 500 bytes that the tap missed lie before it.
        harness.Target.Reset(at: 601);
        harness.Expect("A 4:0 ack 101");
        ExpectOpen(harness);
        harness.Target.Reset(at: 101);
        harness.ExpectNothing();
        ExpectReset(harness);
    }

    [Fact]
    public void A_reset_that_insists_is_believed()
    {
        var harness = Asked();
        harness.Target.Reset(at: 601);
        harness.Target.Reset(at: 700);
        harness.Expect("A 4:0 ack 101", "A 4:0 ack 101");
        ExpectOpen(harness);
        harness.Target.Reset(at: 700);
        harness.ExpectNothing();
        ExpectReset(harness);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(-50_000)]
    [InlineData(16_776_961 + 101)]
    [InlineData(1_000_000_000)]
    public void A_reset_outside_the_window_is_ignored(int at)
    {
        var harness = Asked();
        harness.Target.Reset(at: at);
        harness.Target.Reset(at: at);
        harness.ExpectNothing();
        ExpectOpen(harness);
        harness.Client.Data("GET", seen: 100);
        harness.Expect("PA 4:3 ack 101");
    }

    [Fact]
    public void What_an_ignored_or_challenged_reset_acknowledges_is_not_acknowledged()
    {
        var harness = Asked();
        harness.Client.Data("GET", seen: 100);
        harness.Target.Reset(upTo: 7, at: 50);
        harness.Target.Reset(upTo: 7, at: 500);
        Assert.Equal(3, harness.Session.Tally.BytesAcknowledged);
        Assert.Equal(1, harness.Leases.Outstanding);
    }

    [Fact]
    public void A_reset_that_answers_what_we_sent_before_our_last_ack_is_challenged()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        // The reply has come but is not acknowledged yet: a target that closed meanwhile resets at the number that it knows of us.
        harness.Target.Reset(at: 101);
        harness.Expect("A 4:0 ack 201");
        ExpectOpen(harness);
        harness.Target.Reset(at: 201);
        ExpectReset(harness);
    }

    [Fact]
    public void In_time_wait_only_the_right_reset_ends_the_waiting()
    {
        var harness = Asked();
        harness.Client.Fin(seen: 100);
        harness.Target.Ack();
        harness.Target.Fin();
        harness.Expect("FA 4:0 ack 101", "A 5:0 ack 102");
        harness.Target.Reset(at: 50);
        harness.ExpectNothing();
        Assert.False(harness.Session.IsClosed);
        harness.Target.Reset(at: 110);
        harness.Expect("A 5:0 ack 102");
        Assert.False(harness.Session.IsClosed);
        harness.Target.Reset(at: 102);
        Assert.True(harness.Session.IsClosed);
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }

    [Fact]
    public void A_repeated_syn_ack_is_answered_and_its_unscaled_window_is_not_taken()
    {
        var harness = new SessionHarness(new SessionSettings { Pacing = PacingMode.None }).Connect();
        harness.Target.SynAck(window: 1);
        harness.Expect("A 1:0 ack 1");
        harness.Client.Data(new byte[5_000], seen: 0);
        Assert.Equal(4, harness.Take().Count);
    }

    [Fact]
    public void A_syn_ack_of_another_connection_brings_no_bytes()
    {
        var harness = Asked();
        harness.Target.Clock = 5;
        harness.Target.SynAckAt(300);
        harness.Expect("A 4:0 ack 101");
        Assert.Equal(0, harness.Sent[^1].Header.Options.SackCount);
        ExpectOpen(harness);
    }

    [Fact]
    public void An_old_duplicate_with_an_older_timestamp_is_acknowledged_but_not_taken()
    {
        var harness = Asked();
        harness.Advance(10);
        harness.Target.Reply(100);
        harness.Advance(40);
        harness.Expect("A 4:0 ack 201");
        harness.Target.Clock = Milliseconds(harness) - 51;
        harness.Target.Reply(100, at: 201);
        harness.Expect("A 4:0 ack 201");
        Assert.Equal(200, harness.Session.Tally.ReplyBytes);
        harness.Target.Clock = null;
        harness.Target.Reply(100, at: 201);
        harness.Advance(40);
        harness.Expect("A 4:0 ack 301");
        Assert.Equal(300, harness.Session.Tally.ReplyBytes);
    }

    [Fact]
    public void A_bare_ack_that_was_overtaken_is_neither_taken_nor_answered()
    {
        var harness = Asked();
        harness.Client.Data("GET", seen: 100);
        harness.Take();
        harness.Target.Clock = Milliseconds(harness) - 41;
        harness.Target.Ack(upTo: 7);
        harness.ExpectNothing();
        Assert.Equal(3, harness.Session.Tally.BytesAcknowledged);
        harness.Target.Clock = null;
        harness.Target.Ack(upTo: 7);
        Assert.Equal(6, harness.Session.Tally.BytesAcknowledged);
    }

    [Fact]
    public void A_reset_is_never_too_old()
    {
        var harness = Asked();
        harness.Target.Clock = Milliseconds(harness) - 10_000;
        harness.Target.Reset(at: 101);
        ExpectReset(harness);
    }

    [Fact]
    public void After_24_days_of_silence_any_timestamp_will_do()
    {
        var harness = Asked(new SessionSettings { IdleTimeout = TimeSpan.FromDays(60) });
        harness.Target.Clock = Milliseconds(harness) - 41;
        harness.Advance(TimeSpan.FromDays(24).TotalMilliseconds);
        harness.Target.Reply(100);
        harness.Advance(40);
        harness.Expect("A 4:0 ack 201");
        harness.Target.Clock -= 1;
        harness.Target.Reply(100);
        harness.Expect("A 4:0 ack 201");
    }

    [Fact]
    public void A_target_without_timestamps_is_not_judged_by_them()
    {
        var harness = new SessionHarness();
        harness.Client.Syn();
        harness.Target.SynAck(timestamps: false);
        harness.Target.Reply(100);
        harness.Advance(40);
        Assert.Equal(100, harness.Session.Tally.ReplyBytes);
    }

    private static uint Milliseconds(SessionHarness harness) => (uint)(harness.Now.Ticks / TimeSpan.TicksPerMillisecond);

    private static void ExpectOpen(SessionHarness harness)
    {
        harness.Advance(10);
        Assert.Null(harness.Session.Outcome);
        Assert.False(harness.Session.IsClosed);
    }

    private static void ExpectReset(SessionHarness harness)
    {
        harness.Client.Reset();
        harness.ExpectOutcome(SessionOutcome.TargetReset);
    }

    /// <summary>A request is out and acknowledged, its answer of 100 bytes has come and is acknowledged.</summary>
    private static SessionHarness Asked(SessionSettings? settings = null)
    {
        var harness = new SessionHarness(settings).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Reply(100);
        harness.Advance(40);
        harness.Expect("PA 1:3 ack 1", "A 4:0 ack 101");
        return harness;
    }
}
