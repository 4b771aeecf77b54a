using System.Buffers.Binary;

namespace TcpCopy.Packets.Codec;

/// <summary>What follows a link header.</summary>
internal enum NetworkProtocol
{
    V4,
    V6,
    Other,

    /// <summary>The captured bytes end within the link header.</summary>
    CutShort,
}

/// <summary>Link headers by LINKTYPE_ number, as far as their only message matters: where the IP header begins.</summary>
internal static class LinkHeader
{
    private const int Null = 0;
    private const int Ethernet = 1;
    private const int RawOfLinux = 12;
    private const int Raw = 101;
    private const int Loop = 108;
    private const int Cooked = 113;
    private const int Cooked2 = 276;

    private const int EthernetLength = 14;
    private const int LoopbackLength = 4;
    private const int CookedLength = 16;
    private const int Cooked2Length = 20;
    private const int VlanTagLength = 4;
    private const int MaxVlanTags = 2;

    /// <param name="bytes">The frame.</param>
    /// <param name="linkType">LINKTYPE_ number.</param>
    /// <param name="length">Where the network header begins; meaningful for V4 and V6 alone.</param>
    public static NetworkProtocol Read(ReadOnlySpan<byte> bytes, int linkType, out int length)
    {
        switch (linkType)
        {
            case Ethernet:
                return ReadEtherType(bytes, EthernetLength - 2, EthernetLength, out length);
            case Cooked:
                return ReadEtherType(bytes, CookedLength - 2, CookedLength, out length);
            case Cooked2:
                return ReadEtherType(bytes, 0, Cooked2Length, out length);
            case Raw or RawOfLinux:
                length = 0;
                return ReadVersion(bytes);
            case Null or Loop:
                length = LoopbackLength;
                return ReadAddressFamily(bytes);
            default:
                length = 0;
                return NetworkProtocol.Other;
        }
    }

    /// <summary>Reads the type field and steps over VLAN tags: libpcap puts back the one that the device or kernel took out.</summary>
    private static NetworkProtocol ReadEtherType(ReadOnlySpan<byte> bytes, int typeOffset, int headerLength, out int length)
    {
        length = headerLength;
        if (bytes.Length < headerLength)
            return NetworkProtocol.CutShort;
        var type = BinaryPrimitives.ReadUInt16BigEndian(bytes[typeOffset..]);
        for (var tags = 0; IsVlan(type) && tags < MaxVlanTags; tags++)
        {
            if (bytes.Length < length + VlanTagLength)
                return NetworkProtocol.CutShort;
            type = BinaryPrimitives.ReadUInt16BigEndian(bytes[(length + 2)..]);
            length += VlanTagLength;
        }
        return type switch
        {
            0x0800 => NetworkProtocol.V4,
            0x86DD => NetworkProtocol.V6,
            _ => NetworkProtocol.Other,
        };
    }

    /// <summary>802.1Q, 802.1ad, and 0x9100, which older switches use for the outer tag.</summary>
    private static bool IsVlan(ushort type) => type is 0x8100 or 0x88A8 or 0x9100;

    private static NetworkProtocol ReadVersion(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return NetworkProtocol.CutShort;
        return (bytes[0] >> 4) switch
        {
            4 => NetworkProtocol.V4,
            6 => NetworkProtocol.V6,
            _ => NetworkProtocol.Other,
        };
    }

    /// <summary>The capturing host's AF_ number, in its own byte order (NULL) or in network order (LOOP); all fit into a byte.</summary>
    private static NetworkProtocol ReadAddressFamily(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LoopbackLength)
            return NetworkProtocol.CutShort;
        var family = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (family > byte.MaxValue)
            family = BinaryPrimitives.ReverseEndianness(family);
        return family switch
        {
            2 => NetworkProtocol.V4,
            // AF_INET6 of Linux, of NetBSD and OpenBSD, of FreeBSD, of Darwin.
            10 or 24 or 28 or 30 => NetworkProtocol.V6,
            _ => NetworkProtocol.Other,
        };
    }
}
