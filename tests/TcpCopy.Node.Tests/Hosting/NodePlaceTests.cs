using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Node.Tests.Hosting;

/// <summary>A node that cannot start, or cannot be where it is to be, or is not where others look for it, says so.</summary>
public sealed class NodePlaceTests() : TestKit(KitSettings.Patient + "akka.loglevel = WARNING")
{
    private const string Dropped =
        "Dropping message [Akka.Actor.ActorSelectionMessage] for non-local recipient [[akka.tcp://tcpcopy@10.77.0.33:36524/]] " +
        "arriving at [akka.tcp://tcpcopy@10.77.0.33:36524] inbound addresses [akka.tcp://tcpcopy@10.77.0.3:36524]";

    [Fact]
    public void An_address_of_another_host_is_refused()
    {
        var error = Assert.Throws<NodeStartException>(() => Start("192.0.2.1", 0));
        Assert.Contains("192.0.2.1 is not an address of this host", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_in_use_is_refused()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var error = Assert.Throws<NodeStartException>(() => Start("127.0.0.1", port));
        Assert.Contains($"127.0.0.1:{port} is in use", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("akka.actor = 5")]
    [InlineData("akka.actor.default-dispatcher = shared")]
    [InlineData("akka.remote.loop-tcp = off")]
    public void Settings_that_Akka_does_not_start_with_are_told_in_one_line(string settings)
    {
        var config = ConfigurationFactory.ParseString(settings).WithFallback(NodeConfig.Reference);
        var error = Assert.Throws<NodeStartException>(() => Start("127.0.0.1", 0, config));
        Assert.Contains("look at the section 'akka' of the configuration file", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task A_peer_that_uses_another_address_is_told_of_once()
    {
        var watch = Sys.ActorOf(Props.Create(() => new MisaddressedWatch("10.77.0.3:36524")));
        await watch.Ask<ActorIdentity>(new Identify(null), TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await EventFilter.Warning(contains: "start this node with -b 10.77.0.33:36524").ExpectOneAsync(
            async () =>
            {
                Publish(Dropped);
                Publish(Dropped);
                Publish("an error of another kind");
                await watch.Ask<ActorIdentity>(new Identify(null), TimeSpan.FromSeconds(10));
            },
            TestContext.Current.CancellationToken);
    }

    private void Publish(string text) => Sys.EventStream.Publish(new Error(null, "endpoint", typeof(NodePlaceTests), text));

    private static void Start(string address, int port, Config? config = null)
    {
        Assert.True(HostAddress.TryParse(address, out var parsed));
        NodeSystem.Start([NodeSystem.CopierRole], parsed, port, config ?? ConfigurationFactory.Empty);
    }
}
