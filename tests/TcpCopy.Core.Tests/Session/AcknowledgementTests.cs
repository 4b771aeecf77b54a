using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class AcknowledgementTests
{
    private const int Full = 1448;

    [Fact]
    public void A_single_reply_is_acknowledged_after_40_ms()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Advance(39);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("A 4:0 ack 101");
        harness.Advance(10_000);
        harness.ExpectNothing();
    }

    [Fact]
    public void Every_second_full_reply_is_acknowledged_at_once()
    {
        var harness = Asked();
        harness.Target.Reply(Full, push: false);
        harness.ExpectNothing();
        harness.Target.Reply(Full, push: false);
        harness.Expect($"A 4:0 ack {1 + (2 * Full)}");
        harness.Target.Reply(Full, push: false);
        harness.ExpectNothing();
        harness.Target.Reply(Full, push: false);
        harness.Expect($"A 4:0 ack {1 + (4 * Full)}");
    }

    [Fact]
    public void A_reply_that_a_device_will_cut_is_acknowledged_at_once()
    {
        var harness = Asked();
        harness.Target.Reply(65_160, push: false);
        harness.Expect("A 4:0 ack 65161");
    }

    [Fact]
    public void The_next_request_carries_the_ack()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Client.Data("GET", seen: 100);
        harness.Expect("PA 4:3 ack 101");
        harness.Target.Ack();
        harness.Advance(1_000);
        harness.ExpectNothing();
    }

    [Fact]
    public void Each_reply_behind_a_hole_brings_a_duplicate_ack_with_the_ranges_held()
    {
        var harness = Asked();
        harness.Target.LoseReply(100);
        harness.Target.Reply(50);
        harness.Expect("A 4:0 ack 1");
        Assert.Equal([(101, 151)], SackBlocks(harness));
        harness.Target.LoseReply(10);
        harness.Target.Reply(40);
        harness.Expect("A 4:0 ack 1");
        // RFC 2018 section 4: the most recent first.
        Assert.Equal([(161, 201), (101, 151)], SackBlocks(harness));
        harness.Target.Reply(100, at: 1);
        harness.Expect("A 4:0 ack 151");
        harness.Target.Reply(10, at: 151);
        harness.Expect("A 4:0 ack 201");
        Assert.Empty(SackBlocks(harness));
        Assert.Equal(200, harness.Session.Tally.ReplyBytes);
    }

    [Fact]
    public void A_repeated_reply_is_acknowledged_at_once_and_counted_once()
    {
        var harness = Asked();
        harness.Target.Reply(100);
        harness.Advance(40);
        harness.Expect("A 4:0 ack 101");
        harness.Target.Reply(100, at: 1);
        harness.Expect("A 4:0 ack 101");
        harness.Target.Reply(150, at: 1);
        harness.Advance(40);
        harness.Expect("A 4:0 ack 151");
        Assert.Equal(150, harness.Session.Tally.ReplyBytes);
    }

    [Fact]
    public void A_keep_alive_probe_of_the_targets_is_answered()
    {
        var harness = Asked();
        harness.Target.Reply(0, push: false, at: 0);
        harness.Expect("A 4:0 ack 1");
    }

    [Fact]
    public void A_bare_ack_is_not_answered()
    {
        var harness = Asked();
        harness.Target.Ack();
        harness.Advance(1_000);
        harness.ExpectNothing();
    }

    [Fact]
    public void A_reply_beyond_reach_is_not_taken()
    {
        var harness = Asked();
        harness.Target.Reply(100, at: 100_000_000);
        harness.Expect("A 4:0 ack 1");
        Assert.Empty(SackBlocks(harness));
    }

    [Fact]
    public void Many_holes_are_bounded_and_heal_all_the_same()
    {
        var harness = Asked();
        for (var index = 0; index < 500; index++)
            harness.Target.Reply(10, at: 11 + (20 * index));
        for (var index = 0; index <= 500; index++)
        {
            harness.Target.Reply(10, at: 1 + (20 * index));
            harness.Target.Reply(10, at: 11 + (20 * index));
        }
        harness.Advance(40);
        Assert.Equal(10_021, harness.Sent[^1].Acknowledgement);
        Assert.Equal(10_020, harness.Session.Tally.ReplyBytes);
    }

    private static SessionHarness Asked()
    {
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Ack();
        harness.Take();
        return harness;
    }

    private static List<(int Left, int Right)> SackBlocks(SessionHarness harness)
    {
        var options = harness.Sent[^1].Header.Options;
        var blocks = new List<(int, int)>();
        for (var index = 0; index < options.SackCount; index++)
            blocks.Add((options.Sack[index].Left - harness.TargetStart, options.Sack[index].Right - harness.TargetStart));
        return blocks;
    }
}
