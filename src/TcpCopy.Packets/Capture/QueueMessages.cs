using System.Buffers.Binary;
using TcpCopy.Packets.Netlink;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// The netlink messages of a packet queue (linux/netfilter/nfnetlink_queue.h): their bodies are four bytes that name family and queue; what is netfilter's own
/// is in network order.
/// </summary>
internal static class QueueMessages
{
    /// <summary>Room for all that stands before a packet's bytes.</summary>
    public const int MostHeaderBytes = 1024;

    /// <summary>In what <see cref="Drop"/> returns: id of the last packet that it is about, in network order.</summary>
    public const int VerdictIdOffset = HeaderBytes + NetlinkMessage.AttributeHeaderBytes + 4;

    private const int BodyBytes = 4;
    private const int HeaderBytes = NetlinkMessage.HeaderBytes + BodyBytes;

    private const ushort QueueSubsystem = 3 << 8;
    private const ushort PacketMessage = QueueSubsystem | 0;
    private const ushort ConfigMessage = QueueSubsystem | 2;
    private const ushort BatchVerdictMessage = QueueSubsystem | 3;

    private const ushort ConfigCommand = 1;
    private const ushort ConfigParameters = 2;
    private const ushort ConfigLength = 3;
    private const ushort ConfigMask = 4;
    private const ushort ConfigFlags = 5;
    private const byte Bind = 1;
    private const byte CopyPacket = 2;

    /// <summary>Packets that a card is to cut are handed over whole.</summary>
    private const uint WholeSuperSegments = 1 << 2;

    private const ushort PacketHeader = 1;
    private const ushort VerdictHeader = 2;
    private const ushort Payload = 10;
    private const ushort CapturedLength = 13;

    /// <summary>What makes the socket the reader of a queue. Each is answered.</summary>
    public static IEnumerable<byte[]> Configuration(ushort queue, int snapLength, int mostWaiting) =>
    [
        Message(ConfigMessage, NetlinkMessage.Acknowledge, queue, NetlinkMessage.Attribute(ConfigCommand, [Bind, 0, 0, 0])),
        Message(ConfigMessage, NetlinkMessage.Acknowledge, queue, NetlinkMessage.Attribute(ConfigParameters, [.. BigEndian((uint)snapLength), CopyPacket])),
        Message(ConfigMessage, NetlinkMessage.Acknowledge, queue, NetlinkMessage.Attribute(ConfigLength, BigEndian((uint)mostWaiting))),
        Message(
            ConfigMessage, NetlinkMessage.Acknowledge, queue, NetlinkMessage.Attribute(ConfigFlags, BigEndian(WholeSuperSegments)),
            NetlinkMessage.Attribute(ConfigMask, BigEndian(WholeSuperSegments))),
    ];

    /// <summary>Drops all packets up to one, whose id is still to be filled in.</summary>
    public static byte[] Drop(ushort queue) => Message(BatchVerdictMessage, 0, queue, NetlinkMessage.Attribute(VerdictHeader, new byte[8]));

    /// <summary>Null when the message is of another kind, or holds no packet.</summary>
    public static QueuedPacket? ReadPacket(ReadOnlySpan<byte> message)
    {
        if (NetlinkMessage.TypeOf(message) != PacketMessage || message.Length < HeaderBytes)
            return null;
        uint? id = null;
        int? length = null;
        Range? bytes = null;
        var offset = HeaderBytes;
        while (NetlinkMessage.TryReadAttribute(message, ref offset, out var type, out var value))
        {
            switch (type)
            {
                case PacketHeader when message[value].Length >= sizeof(uint):
                    id = BinaryPrimitives.ReadUInt32BigEndian(message[value]);
                    break;
                case CapturedLength when message[value].Length >= sizeof(uint):
                    length = (int)BinaryPrimitives.ReadUInt32BigEndian(message[value]);
                    break;
                case Payload:
                    bytes = value;
                    break;
            }
        }
        return id is { } known && bytes is { } range ? new QueuedPacket(known, range, length ?? range.End.Value - range.Start.Value) : null;
    }

    private static byte[] Message(ushort type, ushort flags, ushort queue, params byte[][] attributes)
    {
        var body = new byte[BodyBytes];
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(2), queue);
        return NetlinkMessage.Build(type, flags, body, attributes);
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}

/// <summary>A packet in a message.</summary>
/// <param name="Id">By which verdicts name it.</param>
/// <param name="Range">Its bytes in the message, from the IP header on.</param>
/// <param name="OriginalLength">Bytes that it has.</param>
internal readonly record struct QueuedPacket(uint Id, Range Range, int OriginalLength)
{
    public ReadOnlySpan<byte> BytesOf(byte[] message) => message.AsSpan(Range);
}
