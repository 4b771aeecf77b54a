using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using TcpCopy.Node.Security;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>A transport on a loop of its own, with or without TLS, and what it warns of.</summary>
internal sealed class TlsNode : IAsyncDisposable
{
    public const string Loop = "loop";

    private static readonly Config Settings = ConfigurationFactory.ParseString(
        $$"""
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.loggers = []
        {{Loop}} { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10 }
        """);

    private readonly ActorSystem _system;
    private readonly Inbox _warnings;

    private TlsNode(ActorSystem system, Listening listening)
    {
        (_system, Listening) = (system, listening);
        _warnings = Inbox.Create(system);
        system.EventStream.Subscribe(_warnings.Receiver, typeof(Warning));
    }

    public Listening Listening { get; }

    public ActorSystem System => _system;

    /// <param name="credentials">Null: in the clear.</param>
    /// <param name="settings">Of the transport.</param>
    public static async Task<TlsNode> StartAsync(CredentialsSetup? credentials, string settings = "")
    {
        var bootstrap = BootstrapSetup.Create().WithConfig(Settings);
        var system = ActorSystem.Create("test", credentials is null ? ActorSystemSetup.Create(bootstrap) : bootstrap.And(credentials));
        return new TlsNode(system, await Listening.StartAsync(system, settings));
    }

    public async Task<End> AssociateAsync(TlsNode other) =>
        new(await Listening.Transport.Associate(other.Listening.Address).WaitAsync(Listening.Patience));

    /// <summary>The next warning.</summary>
    public string Warned() => $"{((Warning)_warnings.Receive(Listening.Patience)).Message}";

    public async ValueTask DisposeAsync()
    {
        _warnings.Dispose();
        await Listening.Transport.Shutdown();
        await _system.Terminate();
    }
}
