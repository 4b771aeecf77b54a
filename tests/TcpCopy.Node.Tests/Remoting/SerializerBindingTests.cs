using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Contracts.Settings;
using Xunit;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>Real actor systems with the embedded configuration.</summary>
public sealed class SerializerBindingTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<ActorSystem> _systems = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var system in _systems)
            await system.Terminate();
    }

    [Fact]
    public void Wire_messages_have_the_wire_serializer_and_other_objects_a_refusing_one()
    {
        var serialization = Start().Serialization;

        Assert.IsType<WireSerializer>(serialization.FindSerializerFor(Goodbye.Instance));
        Assert.IsType<WireSerializer>(serialization.FindSerializerFor(new Refused("")));
        var other = serialization.FindSerializerFor(new StringBuilder());
        Assert.IsType<RefusingJsonSerializer>(other);
        Assert.Throws<SerializationException>(() => other.ToBinary(new StringBuilder()));
    }

    [Fact]
    public void Messages_of_remoting_and_cluster_keep_serializers_of_their_own()
    {
        var serialization = Start().Serialization;

        foreach (var message in new object[] { new Identify(1), new ActorSelectionMessage(1, []), "text", PoisonPill.Instance, new byte[1] })
            Assert.IsNotType<RefusingSerializer>(serialization.FindSerializerFor(message), exactMatch: false);
    }

    [Fact]
    public void A_json_payload_that_names_a_type_is_refused_by_its_identifier()
    {
        var serialization = Start().Serialization;
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var payload = Encoding.UTF8.GetBytes($$"""{"$type":"System.IO.FileInfo, System.Private.CoreLib","fileName":"{{file}}"}""");

        foreach (var manifest in new[] { "", "System.IO.FileInfo", "System.Object, System.Private.CoreLib" })
        {
            var error = Assert.Throws<SerializationException>(() => serialization.Deserialize(payload, 1, manifest));
            Assert.Contains("refused", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_remote_deployment_is_refused_by_its_identifier() =>
        Assert.Throws<SerializationException>(() => Start().Serialization.Deserialize([1, 2, 3], 3, ""));

    [Fact]
    public async Task Two_nodes_form_a_cluster_and_exchange_wire_messages()
    {
        var interceptor = Start("interceptor");
        var copier = Start("copier");
        var address = Cluster.Get(interceptor).SelfAddress;
        interceptor.ActorOf(Props.Create(() => new Greeter()), "greeter");

        using var limit = new CancellationTokenSource(Patience);
        await Cluster.Get(interceptor).JoinAsync(address, limit.Token);
        await Cluster.Get(copier).JoinAsync(address, limit.Token);

        Assert.Contains(Cluster.Get(copier).State.Members, member => member.HasRole("interceptor"));
        var greeter = copier.ActorSelection(new RootActorPath(address) / "user" / "greeter");
        var answer = await greeter.Ask<Refused>(new Hello(ProtocolVersion.Current, ["late"], []), Patience);
        Assert.Equal(new Refused("late"), answer);
    }

    [Fact]
    public void A_full_batch_fits_into_a_frame_of_the_transport()
    {
        var transport = Start().Settings.Config.GetConfig("akka.remote.loop-tcp");
        var frame = transport.GetByteSize("maximum-frame-size");
        var (replies, flows) = (new ReplyBatchWriter(), new FlowBatchWriter());
        while (!replies.IsFull)
            replies.Add(new FlowId(1), default);
        while (!flows.IsFull)
            flows.End(new FlowId(1), default);

        Assert.Equal(256 * 1024, frame);
        Assert.Equal((64, TimeSpan.FromSeconds(5)), (transport.GetInt("pending-inbound"), transport.GetTimeSpan("connection-timeout")));
        Assert.InRange(replies.Take().Entries.Length, 60 * 1024, 64 * 1024);
        Assert.InRange(flows.Take().Entries.Length, 60 * 1024, 64 * 1024);
    }

    private ActorSystem Start(string role = "tester")
    {
        var place = ConfigurationFactory.ParseString(
            $$"""
            akka.remote.loop-tcp { hostname = "127.0.0.1", port = 0 }
            akka.cluster.roles = ["{{role}}"]
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """);
        var system = ActorSystem.Create("tcpcopy", place.WithFallback(NodeConfig.Reference));
        _systems.Add(system);
        return system;
    }

    private sealed class Greeter : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Hello hello)
                Sender.Tell(new Refused(hello.Features[0]));
        }
    }
}
