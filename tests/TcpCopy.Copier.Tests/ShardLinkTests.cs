using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>Whose welcome a shard believes.</summary>
public sealed class ShardLinkTests() : ShardKit(Settings)
{
    [Fact]
    public void No_flow_is_announced_to_a_member_that_has_not_proved_to_be_an_interceptor()
    {
        var node = new Address("akka", Sys.Name);
        Root.Tell(new InterceptorDown(node));
        Assert.Equal(node, NextTold<LinkDown>().Node);
        Root.Tell(new InterceptorUp(node));

        // A certificate of another role, then a connection that has just ended: each time it is asked again and not linked.
        foreach (var proof in new bool?[] { false, null, false })
        {
            IsInterceptor = () => proof;
            NextHeard<Hello>();
            Serve([]);
        }
        Feed.Client(Flow(40_000), Syn());
        NextHeard<Hello>();
        Assert.Empty(Wire.Segments);

        IsInterceptor = () => true;
        Serve([]);
        Assert.Equal(node, NextTold<LinkUp>().Node);
        Establish(Flow(40_001));
    }
}
