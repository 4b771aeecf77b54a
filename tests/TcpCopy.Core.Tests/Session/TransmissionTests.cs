using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public class TransmissionTests
{
    private const int Full = 1448;

    private static readonly SessionSettings Unpaced = new() { Pacing = PacingMode.None };

    [Fact]
    public void The_first_flight_is_ten_segments_and_each_ack_lets_two_more_out()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data(new byte[100 * Full], seen: 0);
        Assert.Equal(10, harness.Take().Count);
        harness.Target.Window = ushort.MaxValue;
        harness.Target.Ack(upTo: 1 + Full);
        Assert.Equal(2, harness.Take().Count);
    }

    [Fact]
    public void An_ack_that_covers_many_segments_opens_slow_start_by_all_of_them()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data(new byte[100 * Full], seen: 0);
        Assert.Equal(10, harness.Take().Count);
        harness.Target.Window = ushort.MaxValue;
        harness.Target.Ack();
        Assert.Equal(20, harness.Take().Count);
    }

    [Fact]
    public void Without_the_congestion_window_the_targets_window_alone_counts()
    {
        var harness = new SessionHarness(Unpaced with { CongestionWindow = false }).Connect();
        harness.Client.Data(new byte[100 * Full], seen: 0);
        // The SYN-ACK's window is not scaled: 64,240 bytes are 44 segments and a piece that is not worth a packet.
        Assert.Equal(44, harness.Take().Count);
    }

    [Fact]
    public void A_burst_stops_at_256_segments_and_goes_on_a_millisecond_later()
    {
        var harness = new SessionHarness(Unpaced with { CongestionWindow = false }).Connect();
        harness.Target.Window = ushort.MaxValue;
        harness.Target.Ack();
        harness.Client.Data(new byte[600 * Full], seen: 0);
        Assert.Equal(256, harness.Take().Count);
        // What comes meanwhile lets nothing more out.
        harness.Target.Ack(upTo: 1 + (10 * Full));
        harness.Advance(0.9);
        harness.ExpectNothing();
        harness.Advance(0.1);
        Assert.Equal(256, harness.Take().Count);
        harness.Advance(1);
        Assert.Equal(88, harness.Take().Count);
    }

    [Fact]
    public void Three_duplicate_acks_repeat_the_lost_segment_at_once()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        for (var index = 0; index < 5; index++)
            harness.Client.Data(new byte[100], seen: 0);
        harness.Take();
        harness.Target.Ack(upTo: 1);
        harness.Target.Ack(upTo: 1);
        harness.Target.Ack(upTo: 1);
        harness.ExpectNothing();
        harness.Target.Ack(upTo: 1);
        harness.Expect("PA 1:100 ack 1");
        harness.Target.Ack(upTo: 501);
        harness.ExpectNothing();
        Assert.Equal(1, harness.Session.Tally.Retransmissions);
        harness.ExpectNoLeases();
    }

    [Fact]
    public void A_partial_ack_in_recovery_repeats_the_next_hole()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        for (var index = 0; index < 8; index++)
            harness.Client.Data(new byte[100], seen: 0);
        harness.Take();
        for (var count = 0; count < 4; count++)
            harness.Target.Ack(upTo: 1);
        harness.Expect("PA 1:100 ack 1");
        harness.Target.Ack(upTo: 301);
        harness.Expect("PA 301:100 ack 1");
    }

    [Fact]
    public void A_window_update_is_no_duplicate_ack()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data(new byte[100], seen: 0);
        harness.Take();
        for (ushort window = 500; window < 510; window++)
        {
            harness.Target.Window = window;
            harness.Target.Ack(upTo: 1);
        }
        harness.ExpectNothing();
    }

    [Fact]
    public void An_unacknowledged_segment_is_repeated_after_the_rto_which_doubles()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Expect("PA 1:3 ack 1");
        harness.Advance(199);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 1:3 ack 1");
        harness.Advance(399);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 1:3 ack 1");
        harness.Advance(800);
        harness.Expect("PA 1:3 ack 1");
    }

    [Fact]
    public void After_the_rto_the_rest_follows_as_acks_come()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data(new byte[4 * Full], seen: 0);
        Assert.Equal(4, harness.Take().Count);
        harness.Advance(200);
        harness.Expect($"A 1:{Full} ack 1");
        harness.Target.Ack(upTo: 1 + Full);
        harness.Expect($"A {1 + Full}:{Full} ack 1", $"A {1 + (2 * Full)}:{Full} ack 1");
        // The rest had arrived: nothing more is repeated.
        harness.Target.Ack(upTo: 1 + (4 * Full));
        harness.Advance(10_000);
        harness.ExpectNothing();
    }

    [Fact]
    public void The_rto_follows_the_round_trip_time()
    {
        var harness = new SessionHarness(Unpaced);
        harness.Client.Syn();
        harness.Advance(300);
        harness.Target.SynAck();
        harness.Client.Data("GET", seen: 0);
        harness.Take();
        // RFC 6298 section 2.2: 300 ms + 4 x 150 ms.
        harness.Advance(899);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("PA 1:3 ack 1");
    }

    [Fact]
    public void A_target_that_acknowledges_nothing_any_more_is_given_up()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Client.Fin();
        harness.Advance(59_999);
        Assert.Null(harness.Session.Outcome);
        harness.Advance(1);
        Assert.Equal("RA 4:0 ack 1", harness.Take()[^1].ToString());
        harness.ExpectOutcome(SessionOutcome.ReplyTimeout);
        Assert.Equal(1, harness.Session.Tally.RequestsLost);
        Assert.Equal(3, harness.Session.Tally.BytesLost);
    }

    [Fact]
    public void Silence_before_the_data_does_not_count_towards_giving_up()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Advance(600_000);
        harness.Client.Data("GET", seen: 0);
        harness.Advance(50_000);
        Assert.Null(harness.Session.Outcome);
        harness.Target.Ack();
        harness.ExpectNoLeases();
    }

    [Fact]
    public void A_shut_window_is_probed_with_one_byte_ever_more_rarely()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Target.Window = 0;
        harness.Target.Ack();
        harness.Client.Data("GET", seen: 0);
        harness.ExpectNothing();
        harness.Advance(200);
        harness.Expect("A 1:1 ack 1");
        harness.Target.Ack(upTo: 1);
        harness.Advance(399);
        harness.ExpectNothing();
        harness.Advance(1);
        harness.Expect("A 1:1 ack 1");
        harness.Target.Window = 100;
        harness.Target.Ack(upTo: 1);
        harness.Expect("PA 1:3 ack 1");
    }

    [Fact]
    public void A_target_that_answers_probes_keeps_the_session_for_as_long_as_it_likes()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Target.Window = 0;
        harness.Target.Ack();
        harness.Client.Data("GET", seen: 0);
        for (var minute = 0; minute < 30; minute++)
        {
            harness.Advance(60_000);
            Assert.NotEmpty(harness.Take());
            harness.Target.Ack(upTo: 1);
        }
        Assert.Null(harness.Session.Outcome);
        harness.Advance(61_000);
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.ReplyTimeout);
    }

    [Fact]
    public void What_was_cut_to_fit_the_window_is_repeated_as_it_was_cut()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Target.Window = 1; // 128 bytes with the shift of 7
        harness.Target.Ack();
        harness.Client.Data(new byte[300], seen: 0);
        harness.Expect("A 1:128 ack 1");
        harness.Advance(200);
        Assert.All(harness.Take(), sent => Assert.Equal("A 1:128 ack 1", sent.ToString()));
        Assert.Equal(129, harness.HighestSent);
    }

    [Fact]
    public void A_small_window_is_not_cut_into_small_segments()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Target.Window = 16; // 2,048 bytes with the shift of 7
        harness.Target.Ack();
        harness.Client.Data(new byte[3 * Full], seen: 0);
        harness.Expect($"A 1:{Full} ack 1");
        harness.Target.Ack();
        harness.Expect($"A {1 + Full}:{Full} ack 1");
    }

    [Fact]
    public void An_ack_for_data_never_sent_is_ignored()
    {
        var harness = new SessionHarness(Unpaced).Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Target.Ack(upTo: 100);
        Assert.Equal(1, harness.Leases.Outstanding);
        Assert.Equal(0, harness.Session.Tally.BytesAcknowledged);
    }
}
