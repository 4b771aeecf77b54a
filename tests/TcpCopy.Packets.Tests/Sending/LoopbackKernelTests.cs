using System.Net;
using System.Net.Sockets;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Sending;
using TcpCopy.Packets.Tests.Capture;
using Xunit;

namespace TcpCopy.Packets.Tests.Sending;

/// <summary>The kernel's own TCP judges what we send. Needs root, as the product does.</summary>
public sealed class LoopbackKernelTests
{
    private const byte Dscp = 0x2a;

    [Theory]
    [InlineData("127.9.3.7", "127.0.0.1")]
    [InlineData("::1", "::1")]
    public void A_forged_SYN_to_a_listening_socket_is_answered_by_a_SYN_ACK(string client, string server)
    {
        using var listener = new TcpListener(IPAddress.Parse(server), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var replica = ReplicaPackets.Flow(client, server, port);
        using var capture = LiveCapture.Open(new() { Device = "lo", Filter = $"tcp and src port {port}", SnapLength = 128, Immediate = true });
        using var sender = new RawSocketSender(Dscp, (_, errno) => Assert.Fail(Errno.NameOf(errno)));
        var syn = new OutgoingSegment { Sequence = new(77_000), Flags = TcpFlags.Syn, Window = 64_000, Options = new() { Mss = 1_400 } };

        sender.Queue(replica, syn, null);
        sender.Flush();

        var answer = default(ReplyHeader);
        Poll.DrainUntil(capture, (in frame) =>
        {
            if (FrameDecoder.Decode(frame, out var packet) == DecodeResult.Tcp && packet.FlowFromServer == replica)
                answer = packet.ToReplyHeader();
        }, () => answer.Flags != TcpFlags.None, "answer");
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, answer.Flags);
        Assert.Equal(new SeqNumber(77_001), answer.Acknowledgement);
        Assert.Equal(1, sender.Counters.Packets);
    }
}
