using System.Runtime.InteropServices;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Packets.Netlink;

/// <summary>The netlink messages that ask the kernel for a route and for a neighbour's hardware address (rtnetlink(7)), and its answers.</summary>
internal static class RouteMessages
{
    private const int BodyBytes = 12;
    private const int AttributesOffset = NetlinkMessage.HeaderBytes + BodyBytes;

    private const ushort NewRoute = 24;
    private const ushort GetRoute = 26;
    private const ushort NewNeighbour = 28;
    private const ushort GetNeighbour = 30;

    private const int RouteTypeOffset = NetlinkMessage.HeaderBytes + 7;
    private const byte Unicast = 1;
    private const ushort RouteDestination = 1;
    private const ushort RouteDevice = 4;
    private const ushort RouteGateway = 5;

    /// <summary>The next hop is of the other family.</summary>
    private const ushort RouteVia = 18;

    /// <summary>Packets are wrapped into others (MPLS, SRv6).</summary>
    private const ushort RouteEncapsulation = 22;

    private const int NeighbourStateOffset = NetlinkMessage.HeaderBytes + 8;
    private const ushort NeighbourAddress = 1;
    private const ushort NeighbourHardware = 2;

    /// <summary>
    /// REACHABLE, DELAY, PROBE and PERMANENT: what the kernel vouches for, or is about to ask. STALE is what nobody has heard of for long; a packet by IP makes
    /// it DELAY.
    /// </summary>
    private const ushort UsableStates = 0x02 | 0x08 | 0x10 | 0x80;

    /// <summary>Which way do packets to an address go?</summary>
    public static byte[] AskRoute(HostAddress target)
    {
        var body = new byte[BodyBytes];
        (body[0], body[1]) = (FamilyOf(target), (byte)(target.ByteLength * 8));
        return NetlinkMessage.Build(GetRoute, 0, body, NetlinkMessage.Attribute(RouteDestination, BytesOf(target)));
    }

    /// <summary>Null: not the way of a packet that leaves this host as it is.</summary>
    public static LinkRoute? ReadRoute(ReadOnlySpan<byte> message, HostAddress target)
    {
        if (NetlinkMessage.TypeOf(message) != NewRoute || message.Length < AttributesOffset || message[RouteTypeOffset] != Unicast)
            return null;
        int? device = null;
        var neighbour = target;
        var offset = AttributesOffset;
        while (NetlinkMessage.TryReadAttribute(message, ref offset, out var type, out var value))
        {
            switch (type)
            {
                case RouteDevice when message[value].Length == sizeof(int):
                    device = MemoryMarshal.Read<int>(message[value]);
                    break;
                case RouteGateway when message[value].Length == target.ByteLength:
                    neighbour = HostAddress.FromBytes(message[value]);
                    break;
                case RouteVia or RouteEncapsulation:
                    return null;
            }
        }
        return device is { } known ? new LinkRoute(known, neighbour) : null;
    }

    /// <summary>Which hardware address has a neighbour? Kernels before 5.0 refuse to say it of one alone.</summary>
    public static byte[] AskNeighbour(in LinkRoute route)
    {
        var body = new byte[BodyBytes];
        body[0] = FamilyOf(route.Neighbour);
        MemoryMarshal.Write(body.AsSpan(4), route.Device);
        return NetlinkMessage.Build(GetNeighbour, 0, body, NetlinkMessage.Attribute(NeighbourAddress, BytesOf(route.Neighbour)));
    }

    /// <summary>Its place in the message; null: there is none, or none to rely on.</summary>
    public static Range? ReadHardwareAddress(ReadOnlySpan<byte> message)
    {
        if (NetlinkMessage.TypeOf(message) != NewNeighbour || message.Length < AttributesOffset
            || (MemoryMarshal.Read<ushort>(message[NeighbourStateOffset..]) & UsableStates) == 0)
            return null;
        var offset = AttributesOffset;
        while (NetlinkMessage.TryReadAttribute(message, ref offset, out var type, out var value))
        {
            if (type == NeighbourHardware)
                return value;
        }
        return null;
    }

    private static byte FamilyOf(HostAddress address) => address.IsV4 ? SocketFamily.V4 : SocketFamily.V6;

    private static byte[] BytesOf(HostAddress address)
    {
        var bytes = new byte[address.ByteLength];
        address.WriteTo(bytes);
        return bytes;
    }
}

/// <summary>A way out of this host.</summary>
/// <param name="Device">Its index.</param>
/// <param name="Neighbour">Who takes the packets there: the target itself or a gateway.</param>
internal readonly record struct LinkRoute(int Device, HostAddress Neighbour);
