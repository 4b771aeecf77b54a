using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Sending;
using TcpCopy.Packets.Tests.Sending;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

/// <summary>
/// Real connections, watched by a capture with the copier's filter and by one without: the first must deliver exactly what matters of what
/// the second saw. Needs root, as the product does.
/// </summary>
public sealed class FilteredTrafficTests
{
    private const byte Dscp = 0x2a;

    [Theory]
    [InlineData("lo", "127.0.0.1", false)]
    [InlineData("lo", "127.0.0.1", true)]
    [InlineData("lo", "::1", false)]
    [InlineData("any", "127.0.0.1", false)]
    [InlineData("any", "::1", true)]
    public void On_loopback_exactly_what_matters_is_delivered(string device, string address, bool isReset)
    {
        using var listener = Listen(address);
        using var watch = new Watch(device, PortOf(listener));
        using var client = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp).Bounded();
        if (isReset)
            client.LingerState = new LingerOption(true, 0);
        client.Connect(listener.LocalEndpoint);
        using (var server = listener.Server.AcceptBounded())
        {
            client.Send("hello"u8);
            // A server that closes with unread data resets, maybe before the client's FIN (RFC 2525 section 2.17).
            server.Receive(new byte[5]);
            Serve(server);
            ReadToEnd(client);
            client.Close();
        }

        watch.DrainUntilOver(isReset ? TcpFlags.Rst : TcpFlags.Fin);

        watch.AssertExactlyWhatMatters();
    }

    [Theory]
    [InlineData(NamedNetwork.OnlineV4)]
    [InlineData(NamedNetwork.OnlineV6)]
    public void On_a_network_device_exactly_what_matters_is_delivered(string address)
    {
        using var network = new NamedNetwork();
        using var listener = Listen(address);
        using var watch = new Watch(NamedNetwork.Device, PortOf(listener));
        using var client = NamedNetwork.StartClient(address, PortOf(listener));
        using (var server = listener.Server.AcceptBounded())
        {
            server.Receive(new byte[64]);
            Serve(server);
        }
        Assert.True(client.WaitForExit(TimeSpan.FromSeconds(20)), "the client did not see the end");

        watch.DrainUntilOver(TcpFlags.Fin);

        watch.AssertExactlyWhatMatters();
    }

    [Fact]
    public void The_kernel_drops_what_carries_the_replicas_mark()
    {
        using var listener = Listen("127.0.0.1");
        using var watch = new Watch("lo", PortOf(listener));
        var flow = ReplicaPackets.Flow("127.7.7.7", "127.0.0.1", PortOf(listener));
        using var marked = new RawSocketSender(Dscp, (_, errno) => Assert.Fail(Errno.NameOf(errno)));
        using var plain = new RawSocketSender(0, (_, errno) => Assert.Fail(Errno.NameOf(errno)));

        marked.Queue(flow, new OutgoingSegment { Sequence = new(1), Flags = TcpFlags.Rst }, null);
        marked.Flush();
        plain.Queue(flow, new OutgoingSegment { Sequence = new(2), Flags = TcpFlags.Rst }, null);
        plain.Flush();
        watch.DrainUntilOver(TcpFlags.Rst, count: 2, ofThemDelivered: 1);

        Assert.Equal([new SeqNumber(2)], watch.Delivered.Select(seen => seen.Sequence));
    }

    private static TcpListener Listen(string address)
    {
        var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        return listener;
    }

    private static ushort PortOf(TcpListener listener) => (ushort)((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Enough for the client to send bare acknowledgements.</summary>
    private static void Serve(Socket server)
    {
        for (var i = 0; i < 20; i++)
            server.Send(new byte[10_000]);
        server.Shutdown(SocketShutdown.Send);
    }

    private static void ReadToEnd(Socket client)
    {
        var buffer = new byte[10_000];
        while (client.Receive(buffer) > 0)
        {
        }
    }

    private sealed record Seen(bool IsFromClient, SeqNumber Sequence, TcpFlags Flags, int PayloadLength)
    {
        public bool IsBare => PayloadLength == 0 && !Flags.Has(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst);

        public bool Matters => IsFromClient ? !IsBare : Flags.Has(TcpFlags.Syn) && Flags.Has(TcpFlags.Ack);
    }

    /// <summary>The two captures of one port.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly ushort _port;
        private readonly LiveCapture _all;
        private readonly LiveCapture _filtered;
        private readonly List<Seen> _everything = [];

        public Watch(string device, ushort port)
        {
            _port = port;
            var transfer = new Transfer(null, port, new(HostAddress.Parse("10.0.0.1"), 80));
            _all = LiveCapture.Open(new() { Device = device, Filter = $"tcp port {port}" });
            _filtered = LiveCapture.Open(new() { Device = device, Filter = CaptureFilter.Build([transfer], Dscp) });
        }

        public List<Seen> Delivered { get; } = [];

        /// <summary>Until the client's last packets have been seen, and delivered what of all seen matters.</summary>
        public void DrainUntilOver(TcpFlags last, int count = 1, int? ofThemDelivered = null)
        {
            // Distinct: a busy kernel may send its last segment twice, and the two captures need not stop at the same copy.
            int CountLast(List<Seen> list) => list.Where(seen => seen.IsFromClient && seen.Flags.Has(last)).Distinct().Count();
            Poll.DrainUntil(_all, (in frame) => Note(frame, _everything), () => CountLast(_everything) == count,
                () => $"end of the client in {string.Join(' ', _everything)}");
            Poll.DrainUntil(_filtered, (in frame) => Note(frame, Delivered), () => CountLast(Delivered) == (ofThemDelivered ?? count),
                () => $"end of the client behind the filter in {string.Join(' ', Delivered)}");
        }

        public void AssertExactlyWhatMatters()
        {
            Assert.Contains(_everything, seen => seen.IsFromClient && seen.IsBare);
            Assert.Contains(_everything, seen => !seen.IsFromClient && seen.PayloadLength > 0);
            Assert.Contains(Delivered, seen => seen.IsFromClient && seen.Flags == TcpFlags.Syn);
            Assert.Contains(Delivered, seen => !seen.IsFromClient && seen.Flags == (TcpFlags.Syn | TcpFlags.Ack));
            Assert.Contains(Delivered, seen => seen.IsFromClient && seen.PayloadLength > 0);
            Assert.Equal(_everything.Where(seen => seen.Matters).Distinct(), Delivered.Distinct());
        }

        public void Dispose()
        {
            _all.Dispose();
            _filtered.Dispose();
        }

        private void Note(in CapturedFrame frame, List<Seen> list)
        {
            Assert.Equal(DecodeResult.Tcp, FrameDecoder.Decode(frame, out var packet));
            list.Add(new(packet.Destination.Port == _port, packet.Sequence, packet.Flags, packet.PayloadLength));
        }
    }
}
