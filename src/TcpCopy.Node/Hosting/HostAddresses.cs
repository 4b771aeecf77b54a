using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Hosting;

/// <summary>The addresses of this host, and which of them a node announces.</summary>
public static class HostAddresses
{
    /// <summary>Every address of every device that is up, loopback included.</summary>
    public static IReadOnlyList<HostAddress> All() =>
    [
        .. from device in NetworkInterface.GetAllNetworkInterfaces()
           where device.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown
           from entry in device.GetIPProperties().UnicastAddresses
           select HostAddress.FromBytes(entry.Address.GetAddressBytes()),
    ];

    /// <summary>
    /// The address that this host would use towards <paramref name="peer"/>; without a peer or a route to it, the first that is not loopback or
    /// link-local, else loopback.
    /// </summary>
    public static HostAddress Choose(Endpoint? peer)
    {
        if (peer is { } known && SourceTowards(known) is { } source)
            return source;
        var own = All();
        return own.FirstOrDefault(IsGlobal, own.FirstOrDefault(address => address.IsLoopback, HostAddress.FromV4(0x7F00_0001)));
    }

    private static HostAddress? SourceTowards(Endpoint peer)
    {
        var bytes = new byte[peer.Address.ByteLength];
        peer.Address.WriteTo(bytes);
        var remote = new IPEndPoint(new IPAddress(bytes), peer.Port);
        // Connecting a datagram socket sends nothing: it asks the routing table for the source address.
        using var probe = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            probe.Connect(remote);
        }
        catch (SocketException)
        {
            return null;
        }
        return HostAddress.FromBytes(((IPEndPoint)probe.LocalEndPoint!).Address.GetAddressBytes());
    }

    private static bool IsGlobal(HostAddress address)
    {
        var text = address.ToString();
        var isLinkLocal = text.StartsWith("169.254.", StringComparison.Ordinal) || text.StartsWith("fe80:", StringComparison.OrdinalIgnoreCase);
        return !address.IsLoopback && !address.IsAny && !isLinkLocal;
    }
}
