using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Netlink;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

public sealed class QueueMessagesTests
{
    /// <summary>A message of 32 bytes for queue 790 with id 5 and a packet of three bytes, of nine that it had.</summary>
    private static readonly byte[] s_packet = Convert.FromHexString(
        "38000000" + "00030000" + "00000000" + "00000000" + "02000316"
        + "0b000100" + "00000005" + "08000300"
        + "08000d00" + "00000009"
        + "07000a00" + "45aabb00" + "0000000000000000");

    [Fact]
    public void A_packet_is_read_with_its_id_and_its_true_length()
    {
        var packet = Assert.NotNull(QueueMessages.ReadPacket(s_packet.AsSpan(0, 48)));

        Assert.Equal((5u, 9), (packet.Id, packet.OriginalLength));
        Assert.Equal([0x45, 0xaa, 0xbb], packet.BytesOf(s_packet).ToArray());
    }

    [Fact]
    public void A_message_that_is_cut_short_holds_no_packet()
    {
        for (var length = 0; length < 47; length++)
            Assert.Null(QueueMessages.ReadPacket(s_packet.AsSpan(0, length)));
    }

    [Fact]
    public void Whatever_the_bytes_reading_ends_within_them()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            byte[] message = [.. s_packet.AsSpan(0, 48)];
            for (var change = 0; change < 3; change++)
                message[random.Next(4, message.Length)] = (byte)random.Next(256);
            if (QueueMessages.ReadPacket(message) is { } packet)
                Assert.InRange(packet.BytesOf(message).Length, 0, message.Length);
            _ = NetlinkMessage.ReadAnswer(message);
        }
    }

    [Fact]
    public void A_verdict_names_its_queue_and_leaves_room_for_the_id()
    {
        var verdict = QueueMessages.Drop(790);

        Assert.Equal(
            "20000000" + "03030100" + "0000000000000000" + "00000316" + "0c000200" + "0000000000000000", Convert.ToHexStringLower(verdict));
        Assert.Equal(28, QueueMessages.VerdictIdOffset);
    }
}
