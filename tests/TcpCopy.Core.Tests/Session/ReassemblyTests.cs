using System.Text;
using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class ReassemblyTests
{
    private static readonly SessionSettings Unpaced = new() { Pacing = PacingMode.None };

    [Fact]
    public void Segments_out_of_order_go_out_in_order()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("cc", seen: 0, at: 5);
        harness.Client.Data("bb", at: 3);
        harness.ExpectNothing();
        harness.Client.Data("aa", at: 1);
        harness.Expect("PA 1:2 ack 1", "PA 3:2 ack 1", "PA 5:2 ack 1");
        Finish(harness, "aabbcc");
    }

    [Fact]
    public void A_repeated_segment_is_sent_once()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Client.Data("GET", at: 1);
        harness.Expect("PA 1:3 ack 1");
        Assert.Equal(0, harness.Session.Tally.ConflictingBytes);
        Finish(harness, "GET");
    }

    [Fact]
    public void Of_an_overlapping_segment_only_the_new_bytes_are_taken()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("abc", seen: 0);
        harness.Client.Data("bcde", at: 2);
        harness.Expect("PA 1:3 ack 1", "PA 4:2 ack 1");
        Finish(harness, "abcde");
    }

    [Fact]
    public void One_segment_that_spans_several_holes_fills_them_all_and_is_held_once_for_each()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("c", seen: 0, at: 3);
        harness.Client.Data("e", at: 5);
        harness.Client.Data("abcdef", at: 1);
        harness.Expect("A 1:2 ack 1", "PA 3:1 ack 1", "A 4:1 ack 1", "PA 5:1 ack 1", "PA 6:1 ack 1");
        harness.Target.Ack(upTo: 3);
        Assert.Equal(3, harness.Leases.Outstanding);
        harness.Target.Ack(upTo: 6);
        Assert.Equal(1, harness.Leases.Outstanding);
        Finish(harness, "abcdef");
    }

    [Fact]
    public void The_first_copy_of_a_byte_counts_and_differing_ones_are_counted()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("abc", seen: 0);
        harness.Client.Data("aXYd", at: 1);
        Assert.Equal(2, harness.Session.Tally.ConflictingBytes);
        Finish(harness, "abcd");
    }

    [Fact]
    public void A_segment_is_released_when_its_last_byte_is_acknowledged()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("abc", seen: 0);
        harness.Client.Data("def");
        harness.Target.Ack(upTo: 3);
        Assert.Equal(2, harness.Leases.Outstanding);
        harness.Target.Ack(upTo: 5);
        Assert.Equal(1, harness.Leases.Outstanding);
        harness.Target.Ack();
        harness.ExpectNoLeases();
    }

    [Fact]
    public void A_merged_segment_is_cut_to_what_the_target_takes_less_the_timestamps()
    {
        var harness = new SessionHarness(Unpaced);
        harness.Client.Syn();
        harness.Target.SynAck(mss: 1_000);
        harness.Take();
        var bytes = new byte[70_000];
        new Random(1).NextBytes(bytes);
        harness.Client.Data(bytes, seen: 0);
        for (var round = 0; harness.HighestSent < 70_001 && round < 1_000; round++)
            harness.Target.Ack();
        var sent = harness.Take();
        Assert.All(sent, segment => Assert.InRange(segment.Payload.Length, 1, 988));
        Assert.Equal(71, sent.Count);
        Assert.Equal(bytes, sent.SelectMany(segment => segment.Payload));
    }

    [Fact]
    public void A_keep_alive_probe_of_the_clients_is_no_data()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Ack();
        harness.Take();
        harness.Client.Data("?", at: 3);
        harness.ExpectNothing();
        Assert.Equal(3, harness.Session.Tally.BytesCaptured);
        Assert.Equal(0, harness.Session.Tally.ConflictingBytes);
        Finish(harness, "GET");
    }

    [Fact]
    public void A_hole_that_is_never_filled_ends_the_session_as_a_capture_gap()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Client.Data("late", at: 10);
        harness.Target.Ack();
        harness.Take();
        harness.Advance(2_000);
        harness.Expect("RA 4:0 ack 1");
        harness.ExpectNoLeases();
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.CaptureGap);
        // The six missing bytes count as captured and lost, and with them the request, of which only the beginning was acknowledged.
        Assert.Equal(13, harness.Session.Tally.BytesCaptured);
        Assert.Equal(10, harness.Session.Tally.BytesLost);
        Assert.Equal(1, harness.Session.Tally.RequestsLost);
    }

    [Fact]
    public void A_fin_behind_a_hole_waits_for_the_hole()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Fin(seen: 0, at: 4);
        harness.ExpectNothing();
        harness.Client.Data("GET", at: 1);
        harness.Expect("PA 1:3 ack 1");
        harness.Target.Ack();
        harness.Expect("FA 4:0 ack 1");
    }

    [Fact]
    public void More_than_the_bound_sheds_the_session()
    {
        var harness = new SessionHarness(Unpaced with { MaxBufferedBytes = 1_000 }).Connect();
        harness.Target.Window = 0;
        harness.Target.Ack();
        harness.Client.Data(new byte[900], seen: 0);
        harness.Client.Data(new byte[101]);
        harness.Expect("RA 1:0 ack 1");
        harness.ExpectNoLeases();
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.Shed);
        Assert.Equal(1_001, harness.Session.Tally.BytesLost);
    }

    private static void Finish(SessionHarness harness, string stream)
    {
        var bytes = new byte[stream.Length];
        foreach (var sent in harness.Sent.Where(sent => sent.Payload.Length > 0))
            sent.Payload.CopyTo(bytes, sent.Sequence - 1);
        Assert.Equal(stream, Encoding.Latin1.GetString(bytes));
        harness.Client.Fin();
        harness.Target.Ack();
        harness.Target.Fin();
        harness.ExpectOutcome(SessionOutcome.Replayed);
    }
}
