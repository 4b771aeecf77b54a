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
}
