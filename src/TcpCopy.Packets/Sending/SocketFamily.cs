namespace TcpCopy.Packets.Sending;

/// <summary>The kernel's numbers for the families of sockets and of addresses (socket(2)).</summary>
internal static class SocketFamily
{
    public const byte V4 = 2;
    public const byte V6 = 10;
    public const byte Netlink = 16;
    public const byte Packet = 17;
}
