using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// The netlink messages of a packet queue (linux/netfilter/nfnetlink_queue.h): a header of 16 bytes in the host's byte order, four bytes that name family and
/// queue, then attributes, each with its length and type before it; what is netfilter's own is in network order.
/// </summary>
internal static class QueueMessages
{
    /// <summary>Room for all that stands before a packet's bytes.</summary>
    public const int MostHeaderBytes = 1024;

    /// <summary>In what <see cref="Drop"/> returns: id of the last packet that it is about, in network order.</summary>
    public const int VerdictIdOffset = HeaderBytes + AttributeHeaderBytes + 4;

    private const int NetlinkHeaderBytes = 16;
    private const int HeaderBytes = NetlinkHeaderBytes + 4;
    private const int AttributeHeaderBytes = 4;
    private const int TypeMask = 0x3fff;

    private const ushort Request = 1;
    private const ushort Acknowledge = 4;
    private const ushort ErrorMessage = 2;

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
        Message(ConfigMessage, Acknowledge, queue, Attribute(ConfigCommand, [Bind, 0, 0, 0])),
        Message(ConfigMessage, Acknowledge, queue, Attribute(ConfigParameters, [.. BigEndian((uint)snapLength), CopyPacket])),
        Message(ConfigMessage, Acknowledge, queue, Attribute(ConfigLength, BigEndian((uint)mostWaiting))),
        Message(
            ConfigMessage, Acknowledge, queue, Attribute(ConfigFlags, BigEndian(WholeSuperSegments)), Attribute(ConfigMask, BigEndian(WholeSuperSegments))),
    ];

    /// <summary>Drops all packets up to one, whose id is still to be filled in.</summary>
    public static byte[] Drop(ushort queue) => Message(BatchVerdictMessage, 0, queue, Attribute(VerdictHeader, new byte[8]));

    /// <summary>The errno that a message tells, 0: done; null when it is of another kind.</summary>
    public static int? ReadAnswer(ReadOnlySpan<byte> message) =>
        TypeOf(message) == ErrorMessage ? -MemoryMarshal.Read<int>(message[NetlinkHeaderBytes..]) : null;

    /// <summary>Null when the message is of another kind, or holds no packet.</summary>
    public static QueuedPacket? ReadPacket(ReadOnlySpan<byte> message)
    {
        if (TypeOf(message) != PacketMessage || message.Length < HeaderBytes)
            return null;
        uint? id = null;
        int? length = null;
        Range? bytes = null;
        var offset = HeaderBytes;
        while (offset + AttributeHeaderBytes <= message.Length)
        {
            var size = MemoryMarshal.Read<ushort>(message[offset..]);
            if (size < AttributeHeaderBytes || offset + size > message.Length)
                break;
            var value = message[(offset + AttributeHeaderBytes)..(offset + size)];
            switch (MemoryMarshal.Read<ushort>(message[(offset + 2)..]) & TypeMask)
            {
                case PacketHeader when value.Length >= sizeof(uint):
                    id = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case CapturedLength when value.Length >= sizeof(uint):
                    length = (int)BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case Payload:
                    bytes = (offset + AttributeHeaderBytes)..(offset + size);
                    break;
            }
            offset += Aligned(size);
        }
        return id is { } known && bytes is { } range ? new QueuedPacket(known, range, length ?? range.End.Value - range.Start.Value) : null;
    }

    private static ushort TypeOf(ReadOnlySpan<byte> message) =>
        message.Length < NetlinkHeaderBytes + sizeof(int) ? (ushort)0 : MemoryMarshal.Read<ushort>(message[4..]);

    private static byte[] Message(ushort type, ushort flags, ushort queue, params byte[][] attributes)
    {
        var message = new byte[HeaderBytes + attributes.Sum(attribute => attribute.Length)];
        MemoryMarshal.Write(message, message.Length);
        MemoryMarshal.Write(message.AsSpan(4), type);
        MemoryMarshal.Write(message.AsSpan(6), (ushort)(Request | flags));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(NetlinkHeaderBytes + 2), queue);
        attributes.SelectMany(attribute => attribute).ToArray().CopyTo(message, HeaderBytes);
        return message;
    }

    private static byte[] Attribute(ushort type, byte[] value)
    {
        var attribute = new byte[Aligned(AttributeHeaderBytes + value.Length)];
        MemoryMarshal.Write(attribute, (ushort)(AttributeHeaderBytes + value.Length));
        MemoryMarshal.Write(attribute.AsSpan(2), type);
        value.CopyTo(attribute, AttributeHeaderBytes);
        return attribute;
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}

/// <summary>A packet in a message.</summary>
/// <param name="Id">By which verdicts name it.</param>
/// <param name="Range">Its bytes in the message, from the IP header on.</param>
/// <param name="OriginalLength">Bytes that it has.</param>
internal readonly record struct QueuedPacket(uint Id, Range Range, int OriginalLength)
{
    public ReadOnlySpan<byte> BytesOf(byte[] message) => message.AsSpan(Range);
}
