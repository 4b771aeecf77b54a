using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard whose replicas come from one address with two ports.</summary>
public sealed class ShardMappingTests() : ShardKit(Settings, OneAddressOfTwoPorts())
{
    private static readonly HostAddress Address = HostAddress.Parse("198.18.0.1");

    [Fact]
    public void Replicas_come_from_the_pool_and_what_finds_it_used_up_is_counted_and_may_come_later()
    {
        var first = Open(Flow(40_000));
        var second = Open(Flow(40_001));
        Assert.Equal([(Address, 50_000), (Address, 50_001)], new[] { first, second }.Select(replica => (replica.Client.Address, (int)replica.Client.Port)));

        Feed.Client(Flow(40_002), Syn());
        Feed.Client(Flow(40_002), Data("finds none"));
        Reply(NextFlowOf(first), new ReplyHeader { Acknowledgement = new(ClientIsn + 1), Flags = TcpFlags.Rst | TcpFlags.Ack });
        Feed.Client(Flow(40_000), new OutgoingSegment { Sequence = new(ClientIsn + 1), Flags = TcpFlags.Rst | TcpFlags.Ack });
        // The client tries again on other ports, until the first session is forgotten.
        var port = (ushort)40_003;
        for (; !IsTried(Flow(port), first); port++)
        {
            Assert.True(port < 41_000, "the first session is never forgotten");
            Advance(TimeSpan.FromMilliseconds(100));
        }

        var report = Stop();
        var ended = report.Sessions.Ended;
        Assert.Equal(1, ended[SessionOutcome.TargetReset]);
        Assert.Equal(1 + port - 40_003, ended[SessionOutcome.PoolExhausted]);
        Assert.Equal(report.Sessions.Seen, ended.Values.Sum());
        Assert.Equal(0, report.LeakedBytes);
    }

    [Fact]
    public void A_connection_on_reused_ports_does_not_wait_for_the_one_before()
    {
        var flow = Flow(40_000);
        var before = Open(flow);
        Feed.Client(flow, Syn(ClientIsn + 700_000));

        var after = Next(sent => sent.Sequence == new SeqNumber(ClientIsn + 700_000)).Replica;

        Assert.NotEqual(before, after);
        Assert.Equal(2, Stop().Sessions.Seen);
    }

    private static ReplicaClients OneAddressOfTwoPorts() => ReplicaClients.Of(
        new Dictionary<HostAddress, ClientAddressPool> { [Target.Address] = new([AddressRange.Of(Address)], isV4: true) },
        new PortAllocator(new PortRange(50_000, 50_001)));

    private bool IsTried(FlowKey flow, FlowKey replica)
    {
        Feed.Client(flow, Syn());
        Settle();
        return IsAnySent(sent => sent.Flags == TcpFlags.Syn && sent.Replica == replica, out _);
    }

    private FlowKey Open(FlowKey flow)
    {
        Feed.Client(flow, Syn());
        return Next(sent => sent.Flags == TcpFlags.Syn).Replica;
    }
}
