using System.Runtime.InteropServices;

namespace TcpCopy.Packets.Netlink;

/// <summary>
/// The form of all netlink messages (netlink(7)): a header of 16 bytes in the host's byte order, then a body of the kind's own, then attributes, each with its
/// length and type before it.
/// </summary>
internal static class NetlinkMessage
{
    public const int HeaderBytes = 16;
    public const int AttributeHeaderBytes = 4;

    public const ushort Acknowledge = 4;

    private const ushort Request = 1;
    private const ushort ErrorMessage = 2;
    private const int TypeMask = 0x3fff;

    public static byte[] Build(ushort type, ushort flags, byte[] body, params byte[][] attributes)
    {
        var message = new byte[HeaderBytes + body.Length + attributes.Sum(attribute => attribute.Length)];
        MemoryMarshal.Write(message, message.Length);
        MemoryMarshal.Write(message.AsSpan(4), type);
        MemoryMarshal.Write(message.AsSpan(6), (ushort)(Request | flags));
        body.CopyTo(message, HeaderBytes);
        attributes.SelectMany(attribute => attribute).ToArray().CopyTo(message, HeaderBytes + body.Length);
        return message;
    }

    public static byte[] Attribute(ushort type, byte[] value)
    {
        var attribute = new byte[Aligned(AttributeHeaderBytes + value.Length)];
        MemoryMarshal.Write(attribute, (ushort)(AttributeHeaderBytes + value.Length));
        MemoryMarshal.Write(attribute.AsSpan(2), type);
        value.CopyTo(attribute, AttributeHeaderBytes);
        return attribute;
    }

    /// <summary>0: there is no whole message.</summary>
    public static ushort TypeOf(ReadOnlySpan<byte> message) =>
        message.Length < HeaderBytes + sizeof(int) ? (ushort)0 : MemoryMarshal.Read<ushort>(message[4..]);

    /// <summary>The errno that a message tells, 0: done; null when it is of another kind.</summary>
    public static int? ReadAnswer(ReadOnlySpan<byte> message) =>
        TypeOf(message) == ErrorMessage ? -MemoryMarshal.Read<int>(message[HeaderBytes..]) : null;

    /// <summary>Reads the attribute at an offset and moves that to the next one.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="offset">In bytes from its beginning; of the first one behind header and body.</param>
    /// <param name="type">Without the kernel's flags.</param>
    /// <param name="value">Its place in the message.</param>
    /// <returns>False: there is none, or none that is whole.</returns>
    public static bool TryReadAttribute(ReadOnlySpan<byte> message, ref int offset, out ushort type, out Range value)
    {
        (type, value) = (0, default);
        if (offset + AttributeHeaderBytes > message.Length)
            return false;
        var size = MemoryMarshal.Read<ushort>(message[offset..]);
        if (size < AttributeHeaderBytes || offset + size > message.Length)
            return false;
        type = (ushort)(MemoryMarshal.Read<ushort>(message[(offset + 2)..]) & TypeMask);
        value = (offset + AttributeHeaderBytes)..(offset + size);
        offset += Aligned(size);
        return true;
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}
