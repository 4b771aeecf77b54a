using TcpCopy.Core.Session;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>The books of a session that gets no replica any more: what was not acknowledged is lost, requests as well as bytes.</summary>
public class GivenUpTests
{
    [Fact]
    public void What_was_held_behind_a_hole_counts_as_the_requests_that_it_was()
    {
        var harness = Asked();
        harness.Client.Data("BB", seen: 100, at: 104);
        harness.Client.Data("CC", seen: 200);
        harness.Client.Data("DD", seen: 300, at: 120);
        harness.Target.Reset();
        ExpectTally(harness, requests: 4, lostRequests: 3, bytes: 121, lostBytes: 118);
        harness.Client.Data("dd");
        harness.Client.Data("EE", seen: 400);
        harness.Client.Fin(seen: 500);
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        ExpectTally(harness, requests: 5, lostRequests: 4, bytes: 125, lostBytes: 122);
        harness.ExpectNoLeases();
    }

    [Fact]
    public void A_request_that_went_on_behind_a_hole_was_not_whole()
    {
        var harness = Asked();
        harness.Client.Data("aa", at: 8);
        harness.Session.Shed(harness.Now, new SessionOutput());
        ExpectTally(harness, requests: 1, lostRequests: 1, bytes: 9, lostBytes: 6);
        harness.Client.Fin(seen: 100);
        harness.ExpectOutcome(SessionOutcome.Shed);
        ExpectTally(harness, requests: 1, lostRequests: 1, bytes: 9, lostBytes: 6);
    }

    [Fact]
    public void A_hole_before_the_clients_fin_counts()
    {
        var harness = Asked();
        harness.Client.Fin(at: 10, seen: 100);
        harness.Target.Reset();
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        ExpectTally(harness, requests: 2, lostRequests: 1, bytes: 9, lostBytes: 6);
    }

    [Fact]
    public void A_hole_counts_before_a_fin_that_comes_later_and_not_before_a_reset()
    {
        var harness = Asked();
        harness.Target.Reset();
        harness.Client.Fin(at: 10, seen: 100);
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        ExpectTally(harness, requests: 2, lostRequests: 1, bytes: 9, lostBytes: 6);

        harness = Asked();
        harness.Target.Reset();
        harness.Client.Reset(at: 10, seen: 100);
        harness.ExpectOutcome(SessionOutcome.TargetReset);
        ExpectTally(harness, requests: 1, lostRequests: 0, bytes: 3, lostBytes: 0);
    }

    [Fact]
    public void A_request_that_goes_on_once_the_closed_session_was_shed_was_not_whole()
    {
        var harness = ClosedByTarget();
        harness.Session.Shed(harness.Now, new SessionOutput());
        Assert.Equal((0, -1), (harness.Session.Tally.RequestsLost, harness.Session.Correction.RequestsAcknowledged));
        harness.Client.Data("aa");
        ExpectTally(harness, requests: 1, lostRequests: 1, bytes: 5, lostBytes: 2);
        harness.Client.Data("BB", seen: 100);
        harness.Client.Fin(seen: 200);
        harness.ExpectOutcome(SessionOutcome.Shed);
        ExpectTally(harness, requests: 2, lostRequests: 2, bytes: 7, lostBytes: 4);
    }

    [Fact]
    public void The_next_request_leaves_the_one_before_the_close_acknowledged()
    {
        var harness = ClosedByTarget();
        harness.Session.Shed(harness.Now, new SessionOutput());
        harness.Client.Data("BB", seen: 100);
        harness.Client.Fin(seen: 200);
        harness.ExpectOutcome(SessionOutcome.Shed);
        ExpectTally(harness, requests: 2, lostRequests: 1, bytes: 5, lostBytes: 2);
    }

    [Fact]
    public void What_waited_behind_the_request_that_was_too_large_to_join_at_counts()
    {
        var harness = new SessionHarness(new SessionSettings { MaxBufferedBytes = 1_000 });
        harness.Client.Data("rest", seen: 0, at: 1_000);
        harness.Client.Data("CC", seen: 200, at: 1_504);
        harness.Client.Data("DD", seen: 300);
        harness.Client.Data(new byte[900], seen: 400);
        harness.Client.Data(new byte[500], seen: 100, at: 1_004);
        harness.Client.Fin();
        harness.ExpectOutcome(SessionOutcome.Shed);
        ExpectTally(harness, requests: 5, lostRequests: 5, bytes: 1_408, lostBytes: 1_408);
    }

    /// <summary>The target has closed and reset the replica, and the client's request may go on.</summary>
    private static SessionHarness ClosedByTarget()
    {
        var harness = Asked();
        harness.Target.Fin();
        harness.Take();
        harness.Target.Reset();
        harness.ExpectNothing();
        return harness;
    }

    /// <summary>"AAA" is acknowledged.</summary>
    private static SessionHarness Asked()
    {
        var harness = new SessionHarness().Connect();
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
