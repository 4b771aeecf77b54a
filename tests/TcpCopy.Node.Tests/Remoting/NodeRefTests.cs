using System.Text;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Remoting;
using TcpCopy.Node.Tests.Loop;
using Xunit;
using static TcpCopy.Node.Tests.Remoting.Payloads;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>Replies from an actor of one node to an actor of another, both with the embedded configuration.</summary>
public sealed class NodeRefTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _interceptor = Start(NodeSystem.InterceptorRole);
    private readonly ActorSystem _copier = Start(NodeSystem.CopierRole);
    private readonly Channel<(object Message, IActorRef Sender)> _arrived = Channel.CreateUnbounded<(object, IActorRef)>();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _interceptor.Terminate();
        await _copier.Terminate();
    }

    [Fact]
    public async Task Replies_told_on_the_loop_go_past_Akkas_endpoints_whole_and_in_order_and_are_released()
    {
        var shard = await FindShardAsync();
        var sent = await OnLoopAsync(() =>
        {
            var batches = Enumerable.Range(1, 200).Select(number => BatchOf(number)).ToList();
            batches.ForEach(batch => shard.Tell(batch, _interceptor.DeadLetters));
            return batches;
        });

        foreach (var batch in sent)
        {
            Assert.Throws<ObjectDisposedException>(() => batch.Entries);
            await AssertArrivesAsync(sent.IndexOf(batch) + 1, shortly: true);
        }
    }

    [Fact]
    public async Task Replies_told_elsewhere_go_by_Akka_as_does_everything_else()
    {
        var shard = await FindShardAsync();
        var sender = _interceptor.ActorOf(Props.Create(() => new Forwarder(_arrived.Writer)), "tap");

        shard.Tell(BatchOf(1), sender);
        await AssertArrivesAsync(1, shortly: false);

        await OnLoopAsync(() =>
        {
            shard.Tell(new Refused("no"), sender);
            return true;
        });
        var (message, from) = await NextAsync();
        Assert.Equal((new Refused("no"), "tap"), (message, from.Path.Name));
    }

    [Fact]
    public async Task Replies_for_an_actor_that_is_gone_harm_nobody()
    {
        var shard = await FindShardAsync();
        var gone = await _interceptor.ActorSelection(PathOf("leaver")).ResolveOne(Patience);
        await _copier.ActorSelection("/user/leaver").ResolveOne(Patience).ContinueWith(found => found.Result.GracefulStop(Patience)).Unwrap();

        await OnLoopAsync(() =>
        {
            gone.Tell(BatchOf(1));
            shard.Tell(BatchOf(2));
            return true;
        });

        await AssertArrivesAsync(2, shortly: true);
    }

    [Fact]
    public async Task Replies_for_another_node_are_not_passed_on()
    {
        await FindShardAsync();
        _interceptor.ActorOf(Props.Create(() => new Forwarder(_arrived.Writer)), "own");
        var path = new RootActorPath(NodeSystem.AddressOf(_interceptor)) / "user" / "own";
        var fromAfar = await _copier.ActorSelection(path).ResolveOne(Patience);
        var copier = LoopTransport.Plain(NodeSystem.AddressOf(_copier));

        Assert.True(await OnLoopAsync(() => LoopTransport.Of(_interceptor)!.TrySend(
            copier, Encoding.UTF8.GetBytes(fromAfar.Path.ToSerializationFormat()), BatchOf(1))));
        Assert.True(await OnLoopAsync(() => LoopTransport.Of(_interceptor)!.TrySend(
            copier, Encoding.UTF8.GetBytes(PathOf("shard").ToSerializationFormat()), BatchOf(2))));

        await AssertArrivesAsync(2, shortly: true);
        // What had come back would be before this one.
        LoopTransport.Of(_copier)!.Loop.Execute(() => fromAfar.Tell(BatchOf(3)));
        await AssertArrivesAsync(3, shortly: true);
    }

    private async Task<IActorRef> FindShardAsync()
    {
        _copier.ActorOf(Props.Create(() => new Forwarder(_arrived.Writer)), "shard");
        _copier.ActorOf(Props.Create(() => new Forwarder(_arrived.Writer)), "leaver");
        return await _interceptor.ActorSelection(PathOf("shard")).ResolveOne(Patience);
    }

    private ActorPath PathOf(string name) => new RootActorPath(NodeSystem.AddressOf(_copier)) / "user" / name;

    private async Task AssertArrivesAsync(long number, bool shortly)
    {
        var (message, sender) = await NextAsync();
        var batch = Assert.IsType<ReplyBatch>(message);
        var reader = new ReplyBatchReader(batch.Entries.Span);
        Assert.True(reader.TryRead(out var id, out _));
        Assert.Equal(number, id.Value);
        Assert.False(reader.TryRead(out _, out _));
        // Who sent it stands in Akka's envelope alone.
        Assert.Equal(shortly ? "deadLetters" : "tap", sender.Path.Name);
    }

    private Task<(object Message, IActorRef Sender)> NextAsync() => _arrived.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private Task<T> OnLoopAsync<T>(Func<T> work) => LoopTransport.Of(_interceptor)!.Loop.OnLoopAsync(work);

    private static ActorSystem Start(string role) => NodeSystem.Start(
        [role], HostAddress.Parse("127.0.0.1"), port: 0,
        ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }").WithFallback(NodeConfig.Reference));

    private sealed class Forwarder(ChannelWriter<(object, IActorRef)> arrived) : UntypedActor
    {
        protected override void OnReceive(object message) => arrived.TryWrite((message, Sender));
    }
}
