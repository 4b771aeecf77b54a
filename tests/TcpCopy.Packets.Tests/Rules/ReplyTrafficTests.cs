using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

/// <summary>What the rules do to real packets: a target host and, at the other end of a wire, the network with real and forged clients.</summary>
public sealed class ReplyTrafficTests : IDisposable
{
    private const int Dscp = 0x2a;
    private const ushort Port = 8080;

    private readonly NetworkNamespace _target = new();
    private readonly NetworkNamespace _network = new();
    private readonly int _wire;

    public ReplyTrafficTests()
    {
        _target.JoinTo(_network, "wire", "wire");
        foreach (var (host, number) in new[] { (_target, 1), (_network, 2) })
        {
            host.Execute("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.wire.rp_filter=0");
            host.Ip("address", "add", $"10.1.1.{number}/24", "dev", "wire");
            host.Ip("address", "add", $"fd01::{number}/64", "dev", "wire", "nodad");
        }
        // The way back to clients that the target does not know: what is not taken out of the network goes there.
        _target.Ip("route", "add", "default", "via", "10.1.1.2");
        _target.Ip("-6", "route", "add", "default", "via", "fd01::2");
        _wire = DeviceNumber("wire");
    }

    public void Dispose()
    {
        _network.Dispose();
        _target.Dispose();
    }

    [Theory]
    [InlineData("192.0.2.9", "10.1.1.1")]
    [InlineData("2001:db8::9", "fd01::1")]
    public void A_replicas_replies_end_in_the_sink_and_a_real_client_is_served(string client, string target) => InTarget(watch =>
    {
        using var sink = ReplySink.Install(new SinkSettings { Ports = [Port] });
        var sinkDevice = DeviceNumber("tcpcopy0");
        var server = new Endpoint(HostAddress.Parse(target), Port);
        var replica = new FlowKey(new Endpoint(HostAddress.Parse(client), 40_000), server);
        using var listener = Listen(server);
        using var forged = _network.Run(() => new ForgedClient(replica, Dscp));
        using var tap = LiveCapture.Open(new LiveCaptureOptions { Device = "tcpcopy0", Filter = "tcp", SnapLength = 144, Immediate = true });

        forged.Send(1000, 0, TcpFlags.Syn);
        var synAck = watch.Await(packet => packet.Destination == replica.Client);
        Assert.Equal((sinkDevice, TcpFlags.Syn | TcpFlags.Ack), (synAck.Device, synAck.Flags));
        Assert.Equal([(replica, synAck.Sequence)], Drain(tap));

        forged.Send(1001, synAck.Sequence + 1, TcpFlags.Ack | TcpFlags.Psh, "request"u8);
        using var accepted = listener.AcceptBounded();
        Assert.Equal("request", ReadText(accepted, 7));
        accepted.Send("an answer"u8);
        Assert.Equal(sinkDevice, watch.Await(packet => packet.PayloadLength == 9).Device);

        var real = ServeRealClient(listener, server);
        Assert.Equal(_wire, watch.Await(packet => packet.Destination.Port == real && packet.PayloadLength == 5).Device);
        Assert.All(watch.Seen, packet => Assert.Equal(packet.Destination == replica.Client ? sinkDevice : _wire, packet.Device));
    });

    [Theory]
    [InlineData("192.0.2.9", "10.1.1.1")]
    [InlineData("2001:db8::9", "fd01::1")]
    public void A_replicas_replies_end_in_a_queue_and_a_real_client_is_served(string client, string target) => InTarget(watch =>
    {
        var settings = new SinkSettings { Ports = [Port], IsQueue = true };
        using var sink = ReplySink.Install(settings);
        var server = new Endpoint(HostAddress.Parse(target), Port);
        var replica = new FlowKey(new Endpoint(HostAddress.Parse(client), 40_000), server);
        using var listener = Listen(server);
        using var forged = _network.Run(() => new ForgedClient(replica, Dscp));
        using var tap = NetlinkQueue.Open(settings.QueueNumber, snapLength: 144, bufferBytes: 1 << 20);
        Assert.Contains("another process reads it", Assert.Throws<CaptureException>(
            () => NetlinkQueue.Open(settings.QueueNumber, 144, 1 << 20)).Message, StringComparison.Ordinal);

        forged.Send(1000, 0, TcpFlags.Syn);
        var (flow, sequence) = Assert.Single(Drain(tap));
        Assert.Equal(replica, flow);
        forged.Send(1001, sequence + 1, TcpFlags.Ack | TcpFlags.Psh, "request"u8);
        using var accepted = listener.AcceptBounded();
        Assert.Equal("request", ReadText(accepted, 7));
        // A kernel to which the drop were an error would not send what follows.
        Assert.Equal(9, accepted.Send("an answer"u8));
        var real = ServeRealClient(listener, server);

        Assert.Equal(_wire, watch.Await(packet => packet.Destination.Port == real && packet.PayloadLength == 5).Device);
        Assert.DoesNotContain(watch.Seen, packet => packet.Destination == replica.Client);
        Assert.Equal(replica, Drain(tap)[0].Replica);
        Assert.True(tap.Statistics is { Received: >= 2, Dropped: 0 });
    });

    [Fact]
    public void A_client_without_the_mark_is_answered_over_the_network() => InTarget(watch =>
    {
        using var sink = ReplySink.Install(new SinkSettings { Ports = [Port] });
        var server = new Endpoint(HostAddress.Parse("10.1.1.1"), Port);
        using var listener = Listen(server);
        var other = new FlowKey(new Endpoint(HostAddress.Parse("192.0.2.10"), 40_000), server);
        using var unmarked = _network.Run(() => new ForgedClient(other, dscp: 0));

        unmarked.Send(1, 0, TcpFlags.Syn);

        Assert.Equal(_wire, watch.Await(packet => packet.Destination == other.Client).Device);
    });

    /// <summary>Late packets of a replica that the target has forgotten are answered by a reset, which no client may see.</summary>
    [Theory]
    [InlineData("192.0.2.9", "10.1.1.1", TcpFlags.Ack)]
    [InlineData("192.0.2.9", "10.1.1.1", TcpFlags.Ack | TcpFlags.Fin)]
    [InlineData("192.0.2.9", "10.1.1.1", TcpFlags.Syn)]
    [InlineData("2001:db8::9", "fd01::1", TcpFlags.Ack)]
    public void Resets_end_in_the_sink_too(string client, string target, TcpFlags flags) => InTarget(watch =>
    {
        using var sink = ReplySink.Install(new SinkSettings { Ports = [Port] });
        var replica = new FlowKey(new Endpoint(HostAddress.Parse(client), 40_000), new Endpoint(HostAddress.Parse(target), Port));
        using var forged = _network.Run(() => new ForgedClient(replica, Dscp));

        for (var i = 0u; i < 2; i++)
        {
            forged.Send(5000 + i, 77, flags);
            var reset = watch.Await(packet => packet.Destination == replica.Client);
            Assert.True(reset.Flags.Has(TcpFlags.Rst));
            Assert.Equal(DeviceNumber("tcpcopy0"), reset.Device);
        }
    });

    [Fact]
    public void With_local_clients_everything_works_over_loopback() => InTarget(watch =>
    {
        using var sink = ReplySink.Install(new SinkSettings { Ports = [Port], LocalClients = true });
        var server = new Endpoint(HostAddress.Parse("127.0.0.1"), Port);
        using var listener = Listen(server);
        var replica = new FlowKey(new Endpoint(HostAddress.Parse("127.9.9.1"), 40_000), server);
        using var forged = new ForgedClient(replica, Dscp);

        forged.Send(1000, 0, TcpFlags.Syn);
        var synAck = watch.Await(packet => packet.Destination == replica.Client);
        Assert.Equal(DeviceNumber("tcpcopy0"), synAck.Device);
        forged.Send(1001, synAck.Sequence + 1, TcpFlags.Ack | TcpFlags.Psh, "request"u8);
        using var accepted = listener.AcceptBounded();
        Assert.Equal("request", ReadText(accepted, 7));
        accepted.Send(new byte[500]);
        Assert.Equal(DeviceNumber("tcpcopy0"), watch.Await(packet => packet.PayloadLength == 500).Device);

        using var real = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        real.Connect(IPAddress.Loopback, Port);
    });

    /// <summary>Ports are added while replicas are alive: theirs stay in the sink throughout.</summary>
    [Fact]
    public void A_port_added_later_is_served_from_then_on() => InTarget(watch =>
    {
        using var sink = ReplySink.Install(new SinkSettings());
        var server = new Endpoint(HostAddress.Parse("10.1.1.1"), Port);
        using var listener = Listen(server);
        var replica = new FlowKey(new Endpoint(HostAddress.Parse("192.0.2.9"), 40_000), server);
        using var forged = _network.Run(() => new ForgedClient(replica, Dscp));

        sink.SetPorts([Port]);
        forged.Send(1000, 0, TcpFlags.Syn);

        Assert.Equal(DeviceNumber("tcpcopy0"), watch.Await(packet => packet.Destination == replica.Client).Device);
    });

    /// <summary>What the tap has seen, once it has seen anything.</summary>
    private static List<(FlowKey Replica, uint Sequence)> Drain(ICaptureSource tap)
    {
        var seen = new List<(FlowKey, uint)>();
        var waits = SpinWait.SpinUntil(() => tap.Drain(100, Note) > 0, 10_000);
        Assert.True(waits);
        return seen;

        void Note(in CapturedFrame frame)
        {
            Assert.Equal(DecodeResult.Tcp, FrameDecoder.Decode(frame, out var packet));
            seen.Add((packet.FlowFromServer, packet.Sequence.Value));
        }
    }

    private void InTarget(Action<PacketWatch> test) => _target.Run(() =>
    {
        using var watch = new PacketWatch();
        test(watch);
    });

    private int DeviceNumber(string name) =>
        int.Parse(_target.Ip("-o", "link", "show", "dev", name).Split(':')[0], CultureInfo.InvariantCulture);

    private static Socket Listen(Endpoint endpoint)
    {
        var address = IPAddress.Parse(endpoint.Address.ToString());
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, endpoint.Port));
        socket.Listen();
        return socket;
    }

    private int ServeRealClient(Socket listener, Endpoint server)
    {
        using var client = _network.Run(() =>
        {
            var address = IPAddress.Parse(server.Address.ToString());
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(address, server.Port);
            return socket.Bounded();
        });
        using var accepted = listener.AcceptBounded();
        accepted.Send("hello"u8);
        Assert.Equal("hello", ReadText(client, 5));
        return ((IPEndPoint)client.LocalEndPoint!).Port;
    }

    private static string ReadText(Socket socket, int length)
    {
        var buffer = new byte[length];
        for (var read = 0; read < length;)
        {
            var more = socket.Receive(buffer.AsSpan(read));
            Assert.NotEqual(0, more);
            read += more;
        }
        return System.Text.Encoding.ASCII.GetString(buffer);
    }
}
