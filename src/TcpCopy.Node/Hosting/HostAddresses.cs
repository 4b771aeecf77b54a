using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Node.Hosting;

/// <summary>Which of its addresses a host announces.</summary>
public static class HostAddresses
{
    private static readonly HostAddress Loopback = HostAddress.FromV4(0x7F00_0001);

    /// <summary>
    /// The address that this host would use towards <paramref name="peer"/>; without a peer or a route to it, the host's only or first one that is not
    /// loopback.
    /// </summary>
    public static HostAddress Choose(Endpoint? peer) =>
        peer is { } known && DeviceFinder.TryFindRoute(known.Address, out var route, out _)
            ? route.Source
            : DeviceFinder.HostAddresses().FirstOrDefault(Loopback);
}
