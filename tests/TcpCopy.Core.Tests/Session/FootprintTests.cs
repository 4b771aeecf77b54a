using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>What a session costs: tens of thousands are open at once, and every request passes through here.</summary>
public class FootprintTests
{
    [Fact]
    public void A_request_and_its_answer_allocate_nothing()
    {
        var exchange = new KeepAliveExchange();
        for (var warmUp = 0; warmUp < 1_000; warmUp++)
            exchange.Run();
        var allocated = Allocations.Of(() =>
        {
            for (var count = 0; count < 10_000; count++)
                exchange.Run();
        });
        Assert.Equal(0, allocated);
        Assert.Equal(31_000, exchange.Session.Tally.RequestsAnswered);
    }

    [Fact]
    public void An_idle_session_takes_less_than_two_kilobytes()
    {
        var sessions = new ReplaySession[1_000];
        var (segment, output) = (new Segment(), new SessionOutput());
        new KeepAliveExchange(segment, output).Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < sessions.Length; index++)
        {
            var exchange = new KeepAliveExchange(segment, output);
            exchange.Run();
            sessions[index] = exchange.Session;
        }
        // Everything ever allocated for a session, whether it is still held or not.
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / sessions.Length;
        Assert.InRange(each, 1, 2_047);
        GC.KeepAlive(sessions);
    }
}
