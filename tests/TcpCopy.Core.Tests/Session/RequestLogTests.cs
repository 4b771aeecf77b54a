using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

public sealed class RequestLogTests
{
    [Fact]
    public void Once_there_is_no_replica_requests_are_counted_and_not_kept()
    {
        const int WarmUp = 10_000, Length = 10;
        var harness = new SessionHarness().Connect();
        harness.Client.Data("GET", seen: 0);
        harness.Take();
        harness.Target.Reset();
        var (output, segment) = (new SessionOutput(), new Segment { Flags = TcpFlags.Ack, Buffer = new byte[Length], PayloadLength = Length });
        var number = 0;
        Send(WarmUp);

        var captured = harness.Session.Tally.RequestsCaptured;
        // As many again each time: any room for them would have to grow.
        Assert.Equal(0, Allocations.Of(() => Send(number)));
        Assert.Equal(captured + number - WarmUp, harness.Session.Tally.RequestsCaptured);
        Assert.Equal(harness.Session.Tally.RequestsCaptured, harness.Session.Tally.RequestsLost);

        void Send(int count)
        {
            for (var end = number + count; number < end; number++)
            {
                segment.Lease(null);
                segment.Sequence = harness.ClientStart + 4 + Length * number;
                segment.Acknowledgement = harness.TargetStart + 2 + number;
                harness.Session.OnSegment(segment, harness.Now, output);
            }
        }
    }
}
