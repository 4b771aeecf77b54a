using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Sending;
using TcpCopy.Packets.Tests.Capture;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Sending;

/// <summary>Packets to ports on loopback where nobody listens, watched by a capture. Needs root, as the product does.</summary>
public sealed class RawSocketSenderTests
{
    private const byte Dscp = 0x15;
    private static readonly HostAddress Server = HostAddress.Parse("127.0.0.1");

    [Theory]
    [InlineData("127.8.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    public void More_than_a_batch_arrives_whole_marked_and_in_order(string client, string server)
    {
        var replica = ReplicaTo(UnusedPort(), client, server);
        using var capture = CaptureOf(replica);
        using var sender = new RawSocketSender(Dscp, FailTheTest);
        List<uint> sequences = [];
        var marked = 0;

        for (var i = 0u; i < 150; i++)
            sender.Queue(replica, ReplicaPackets.Data(i, length: 100), null);
        sender.Flush();

        Poll.DrainUntil(capture, (in frame) =>
        {
            if (frame.Bytes.Length == 0 || FrameDecoder.Decode(frame, out var packet) != DecodeResult.Tcp || packet.FlowFromClient != replica)
                return;
            sequences.Add(packet.Sequence.Value);
            marked += packet.Dscp == Dscp && packet.PayloadLength == 100 ? 1 : 0;
        }, () => sequences.Count >= 150, "150 packets");
        Assert.Equal(Enumerable.Range(0, 150).Select(i => (uint)i), sequences);
        Assert.Equal(150, marked);
        Assert.Equal((150L, 150L * LengthOf(replica, 100)), (sender.Counters.Packets, sender.Counters.Bytes));
    }

    [Fact]
    public void A_packet_of_64_KB_passes_loopback()
    {
        var replica = ReplicaTo(UnusedPort());
        using var capture = CaptureOf(replica);
        using var sender = new RawSocketSender(Dscp, FailTheTest);
        var seen = 0;

        // Twenty of them exceed the room of one batch.
        for (var i = 0u; i < 20; i++)
            sender.Queue(replica, ReplicaPackets.Data(i, length: 65_495), null);
        sender.Flush();

        Poll.DrainUntil(capture, (in frame) =>
        {
            if (FrameDecoder.Decode(frame, out var packet) == DecodeResult.Tcp && packet.PayloadLength == 65_495)
                seen++;
        }, () => seen == 20, "20 packets of 64 KB");
    }

    [Fact]
    public void Refused_packets_are_counted_and_told_and_the_rest_goes_on()
    {
        var replica = ReplicaTo(UnusedPort());
        // The limited broadcast address is refused to a socket without SO_BROADCAST (EACCES).
        var refused = ReplicaTo(9, server: "255.255.255.255");
        using var capture = CaptureOf(replica);
        List<(object? Tag, int Errno)> failures = [];
        using var sender = new RawSocketSender(Dscp, (tag, errno) => failures.Add((tag, errno)));
        List<uint> sequences = [];

        for (var i = 0u; i < 9; i++)
            sender.Queue(i % 3 == 1 ? refused : replica, ReplicaPackets.Data(i, length: 10), i);
        sender.Queue(replica, ReplicaPackets.Data(100, length: 65_496), "too long");
        sender.Flush();

        Poll.DrainUntil(capture, (in frame) =>
        {
            if (FrameDecoder.Decode(frame, out var packet) == DecodeResult.Tcp && packet.FlowFromClient == replica)
                sequences.Add(packet.Sequence.Value);
        }, () => sequences.Count == 6, "six packets");
        Assert.Equal([0u, 2u, 3u, 5u, 6u, 8u], sequences);
        Assert.Equal(
            [("too long", Errno.EMSGSIZE), (1u, Errno.EACCES), (4u, Errno.EACCES), (7u, Errno.EACCES)],
            failures);
        Assert.Equal(6, sender.Counters.Packets);
        Assert.Equal(new Dictionary<string, long> { ["EACCES"] = 3, ["EMSGSIZE"] = 1 }, sender.Counters.FailuresByName());
    }

    [Fact]
    public void A_failure_handler_may_queue()
    {
        var replica = ReplicaTo(UnusedPort());
        var refused = ReplicaTo(9, server: "255.255.255.255");
        using var capture = CaptureOf(replica);
        RawSocketSender? sender = null;
        using var created = sender = new RawSocketSender(Dscp, (_, _) => sender!.Queue(replica, ReplicaPackets.Data(1, length: 0), null));
        var seen = 0;

        for (var i = 0u; i < 100; i++)
            sender.Queue(refused, ReplicaPackets.Data(i, length: 0), null);
        sender.Flush();
        sender.Flush();

        Poll.DrainUntil(capture, (in frame) => seen += FrameDecoder.Decode(frame, out var packet) == DecodeResult.Tcp
            && packet.FlowFromClient == replica ? 1 : 0, () => seen == 100, "100 packets");
    }

    [Fact]
    public void Queueing_and_flushing_allocate_nothing()
    {
        using var sender = new RawSocketSender(Dscp, FailTheTest);
        var v4 = ReplicaTo(UnusedPort());
        var v6 = ReplicaTo(UnusedPort(), "::1", "::1");
        var data = ReplicaPackets.Data(1, length: 1_000);
        var tag = new object();
        void Run(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                sender.Queue(i % 32 < 16 ? v4 : v6, data, tag);
                if (i % 100 == 0)
                    sender.Flush();
            }
            sender.Flush();
        }
        Run(2_000);

        Assert.Equal(0, Allocations.Of(() => Run(2_000)));
    }

    [Fact]
    public void Without_privilege_the_remedy_is_named()
    {
        var exception = Unprivileged.Run(() =>
        {
            using var sender = new RawSocketSender(Dscp, FailTheTest);
            sender.Prepare(Server);
        });

        Assert.Contains("no permission", Assert.IsType<SendException>(exception).Message, StringComparison.Ordinal);
        Assert.Contains("root", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_of_more_than_six_bits_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RawSocketSender(64, FailTheTest));

    private static void FailTheTest(object? tag, int errno) => Assert.Fail($"a packet was refused: {Errno.NameOf(errno)}");

    private static FlowKey ReplicaTo(ushort port, string client = "127.8.0.1", string server = "127.0.0.1") =>
        ReplicaPackets.Flow(client, server, port);

    private static LiveCapture CaptureOf(FlowKey replica) =>
        LiveCapture.Open(new() { Device = "lo", Filter = $"tcp dst port {replica.Server.Port}" });

    private static int LengthOf(FlowKey replica, int payload) => FrameEncoder.LengthOf(replica, ReplicaPackets.Data(0, payload));

    /// <summary>A port that the kernel gave out and that is closed again.</summary>
    private static ushort UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.IPv6Any, 0);
        listener.Start();
        return (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
