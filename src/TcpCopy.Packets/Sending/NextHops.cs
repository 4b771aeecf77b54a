using TcpCopy.Core.Wire;
using TcpCopy.Packets.Netlink;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// Which device and hardware address packets to a target leave to, by the kernel's own tables of routes and neighbours. Any thread may ask, and waits for the
/// others and for the kernel.
/// </summary>
internal sealed class NextHops : IDisposable
{
    private readonly NetlinkSocket _socket;
    private readonly byte[] _answer = new byte[4096];

    private NextHops(NetlinkSocket socket) => _socket = socket;

    /// <exception cref="SendException">The kernel does not tell.</exception>
    public static NextHops Open() => new(NetlinkSocket.TryOpen(NetlinkSocket.ProtocolRoute, out var errno)
        ?? throw new SendException($"the kernel does not tell its routes, by which 'tcpcopy.send.layer = link' sends: {Errno.NameOf(errno)}. Set it to ip"));

    /// <summary>
    /// Null: none is known. The target is this host's own, its neighbour has not been asked for its address or did not answer, or the device has none of the
    /// Ethernet kind.
    /// </summary>
    public SocketAddress? Of(HostAddress target)
    {
        lock (_answer)
            return Find(target);
    }

    public void Dispose() => _socket.Dispose();

    private SocketAddress? Find(HostAddress target)
    {
        if (RouteMessages.ReadRoute(Ask(RouteMessages.AskRoute(target)), target) is not { } route)
            return null;
        var answer = Ask(RouteMessages.AskNeighbour(route));
        return RouteMessages.ReadHardwareAddress(answer) is { } place && answer[place].Length == SocketAddress.HardwareBytes
            ? SocketAddress.OfNeighbour(route.Device, target.IsV4, answer[place])
            : null;
    }

    private ReadOnlySpan<byte> Ask(byte[] request)
    {
        try
        {
            return _socket.Send(request) == 0 ? _answer.AsSpan(0, _socket.Receive(_answer, out _)) : [];
        }
        catch (ObjectDisposedException)
        {
            // The sender is gone while somebody was asking on its behalf.
            return [];
        }
    }
}
