using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using Xunit;

namespace TcpCopy.Node.Tests.Hosting;

/// <summary>Two nodes of one cluster, one of which takes the other out.</summary>
public sealed class ExpulsionTests : IAsyncLifetime
{
    private static readonly HostAddress Loopback = HostAddress.Parse("127.0.0.1");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _first = Start(NodeSystem.InterceptorRole);
    private readonly ActorSystem _second = Start(NodeSystem.CopierRole);

    public async ValueTask InitializeAsync()
    {
        var joined = new TaskCompletionSource();
        Cluster.Get(_second).RegisterOnMemberUp(joined.SetResult);
        NodeSystem.JoinOrFound(_first, []);
        Cluster.Get(_second).JoinSeedNodes([NodeSystem.AddressOf(_first)]);
        await joined.Task.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.Terminate();
        await _second.Terminate();
    }

    [Fact]
    public async Task A_node_that_is_downed_ends_with_the_reason_and_its_actors_live_until_it_has_reported()
    {
        var reason = new TaskCompletionSource<string>();
        var over = Expulsion.WhenOverAsync(_second, reason.SetResult, CancellationToken.None);

        Cluster.Get(_first).Down(NodeSystem.AddressOf(_second));

        await over.WaitAsync(Patience);
        Assert.Contains("downed", await reason.Task, StringComparison.Ordinal);
        Assert.False(_second.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_node_that_another_has_quarantined_ends_with_that_ones_name()
    {
        var reason = new TaskCompletionSource<string>();
        var over = Expulsion.WhenOverAsync(_second, reason.SetResult, CancellationToken.None);
        var provider = (Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)_first).Provider;

        provider.Transport.Quarantine(NodeSystem.AddressOf(_second), Akka.Remote.AddressUidExtension.Uid(_second));

        await over.WaitAsync(Patience);
        Assert.Contains(NodeSystem.AddressOf(_first).ToString(), await reason.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_was_not_taken_out()
    {
        using var stop = new CancellationTokenSource();
        var over = Expulsion.WhenOverAsync(_second, reason => Assert.Fail(reason), stop.Token);
        await stop.CancelAsync();
        await over.WaitAsync(Patience);
        await NodeSystem.StopAsync(_second);
    }

    [Fact]
    public async Task A_node_is_reachable_while_it_is_a_member_and_lives()
    {
        Assert.True(NodeSystem.IsReachable(_second, NodeSystem.AddressOf(_first)));
        Assert.False(NodeSystem.IsReachable(_second, new Address("akka.tcp", NodeSystem.Name, "127.0.0.1", 9)));
        await NodeSystem.StopAsync(_first);
        Assert.True(SpinWait.SpinUntil(() => !NodeSystem.IsReachable(_second, NodeSystem.AddressOf(_first)), Patience));
    }

    private static ActorSystem Start(string role) => NodeSystem.Start(
        [role], Loopback, 0, ConfigurationFactory.ParseString("akka.loglevel = OFF").WithFallback(NodeConfig.Layer(null, null)));
}
