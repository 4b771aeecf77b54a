using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Serialization;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using Xunit;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>A peer that speaks Akka.Remote to the real port and sends what no node does: nothing of it is made an object, and the node goes on.</summary>
public sealed class StrangerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _node = Start("");
    private readonly ActorSystem _stranger = Start(
        $$"""
        akka.actor {
          serializers { json = "Akka.Serialization.NewtonSoftJsonSerializer, Akka", odd = "{{typeof(OddSerializer).AssemblyQualifiedName}}" }
          serialization-bindings { "{{typeof(Odd).AssemblyQualifiedName}}" = odd }
        }
        """);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stranger.Terminate();
        await _node.Terminate();
    }

    [Fact]
    public Task A_JSON_payload_that_names_a_type_is_refused() => AssertRefusedAsync(new Bait(), "refused: nodes take none");

    [Fact]
    public Task A_payload_of_an_unknown_serializer_is_refused() => AssertRefusedAsync(new Odd(4242, ""), "4242");

    [Fact]
    public Task A_payload_of_an_unknown_manifest_is_refused() => AssertRefusedAsync(new Odd(WireSerializer.Id, "surprise"), "'surprise' is no message");

    [Fact]
    public Task A_payload_that_is_torn_is_refused() => AssertRefusedAsync(new Odd(WireSerializer.Id, "hello"), "malformed hello message");

    private async Task AssertRefusedAsync(object message, string reason)
    {
        Bait.Made = 0;
        using var said = Inbox.Create(_node);
        _node.EventStream.Subscribe(said.Receiver, typeof(Warning));
        _node.EventStream.Subscribe(said.Receiver, typeof(Error));
        var greeter = _node.ActorOf(Props.Create(() => new Greeter(said.Receiver)), "interceptor");
        var place = _stranger.ActorSelection(new RootActorPath(NodeSystem.AddressOf(_node)) / "user" / "interceptor");

        // The association stands, and then comes what is no message.
        Assert.Equal(new Refused("first"), await place.Ask<Refused>(new Hello(ProtocolVersion.Current, ["first"], []), Patience));
        place.Tell(message);
        var complaint = Assert.IsAssignableFrom<LogEvent>(said.Receive(Patience));
        Assert.Contains(reason, $"{complaint.Message} {complaint.Cause}", StringComparison.Ordinal);

        // A peer that asks again is served, by whichever connection.
        var answer = await place.Ask<Refused>(new Hello(ProtocolVersion.Current, ["second"], []), Patience);
        Assert.Equal(new Refused("second"), answer);
        Assert.Equal(0, Bait.Made);
        Assert.False(_node.WhenTerminated.IsCompleted);
        Assert.False(greeter.IsNobody());
    }

    private static ActorSystem Start(string settings)
    {
        var quiet = ConfigurationFactory.ParseString(
            """
            akka.loglevel = WARNING
            akka.stdout-loglevel = OFF
            akka.loggers = []
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """);
        var config = ConfigurationFactory.ParseString(settings).WithFallback(quiet).WithFallback(NodeConfig.Reference);
        return NodeSystem.Start([NodeSystem.InterceptorRole], HostAddress.Parse("127.0.0.1"), 0, config);
    }

    private sealed class Greeter(IActorRef surprises) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Hello hello)
                Sender.Tell(new Refused(hello.Features[0]));
            else
                surprises.Tell(message);
        }
    }
}

/// <summary>What JSON of a stranger's would make.</summary>
public sealed class Bait
{
    private string _text = "";

    /// <summary>How often one was filled.</summary>
    public static int Made { get; set; }

    public string Text
    {
        get => _text;
        set
        {
            _text = value;
            Made++;
        }
    }
}

/// <summary>A payload under any identifier and manifest.</summary>
public sealed record Odd(int Identifier, string Name);

/// <summary>Writes an <see cref="Odd"/> under the identifier that it names.</summary>
public sealed class OddSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private int _identifier = 4242;

    public override int Identifier => _identifier;

    public override string Manifest(object o) => ((Odd)o).Name;

    public override byte[] ToBinary(object obj)
    {
        _identifier = ((Odd)obj).Identifier;
        return Encoding.UTF8.GetBytes("odd");
    }

    public override object FromBinary(byte[] bytes, string manifest) => throw new NotSupportedException();
}
