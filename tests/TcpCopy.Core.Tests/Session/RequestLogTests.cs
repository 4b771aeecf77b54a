using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public sealed class RequestLogTests
{
    [Fact]
    public void Once_there_is_no_replica_requests_are_counted_and_not_kept()
    {
        const int Requests = 20_000, Length = 10;
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Take();
        harness.Target.Reset();
        var (output, segment) = (new SessionOutput(), new Segment { Flags = TcpFlags.Ack, Buffer = new byte[Length], PayloadLength = Length });
        Send(0, 10);

        var captured = harness.Session.Tally.RequestsCaptured;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Send(10, Requests);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(captured + Requests - 10, harness.Session.Tally.RequestsCaptured);
        Assert.Equal(harness.Session.Tally.RequestsCaptured, harness.Session.Tally.RequestsLost);

        void Send(int from, int to)
        {
            for (var number = from; number < to; number++)
            {
                segment.Lease(null);
                segment.Sequence = harness.ClientStart + 4 + Length * number;
                segment.Acknowledgement = harness.TargetStart + 2 + number;
                harness.Session.OnSegment(segment, harness.Now, output);
            }
        }
    }
}
