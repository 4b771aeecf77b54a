using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Capture;

/// <summary>What this host's network looks like: devices, addresses, routes. Each call looks afresh.</summary>
public static class DeviceFinder
{
    private const int LevelV4 = 0;
    private const int OptionMtuV4 = 14;
    private const int LevelV6 = 41;
    private const int OptionMtuV6 = 24;
    private const int MaxMtu = 65_535;
    private const ushort AnyPort = 9;

    /// <summary>Names of the devices that can be captured on, "any" among them.</summary>
    /// <exception cref="CaptureException">There is no libpcap.</exception>
    public static IReadOnlyList<string> CaptureDevices() => DeviceOpener.Names();

    /// <summary>
    /// Addresses of this host, those of loopback last and IPv4 before IPv6. Link-local IPv6 is left out: it names no host without a zone.
    /// </summary>
    public static IReadOnlyList<HostAddress> HostAddresses() =>
        [.. Held()
            .Select(entry => entry.Address)
            .Distinct()
            .OrderBy(address => address.IsLoopback)
            .ThenBy(address => !address.IsV4)];

    /// <summary>The device that holds an address; null when none does. All of 127.0.0.0/8 is the loopback device's.</summary>
    public static string? DeviceHolding(HostAddress address)
    {
        foreach (var (device, held) in Held())
        {
            if (held == address || (address.IsLoopback && held.IsLoopback))
                return device;
        }
        return null;
    }

    /// <summary>Asks the kernel for its route by connecting a datagram socket, which sends nothing.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="route">Null when there is none.</param>
    /// <param name="problem">Why there is none, and the remedy; else empty.</param>
    public static bool TryFindRoute(HostAddress target, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Route? route, out string problem)
    {
        route = null;
        Span<byte> bytes = stackalloc byte[16];
        target.WriteTo(bytes);
        var address = new IPAddress(bytes[..target.ByteLength]);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, AnyPort);
            var source = ToHostAddress(((IPEndPoint)socket.LocalEndPoint!).Address);
            // Towards an address of its own the host uses loopback, whichever device holds it.
            var device = DeviceHolding(target) is null ? DeviceHolding(source) : LoopbackDevice();
            if (device is null)
            {
                problem = $"no device holds {source}, the address that packets to {target} would come from. Check 'ip address'";
                return false;
            }
            route = new Route(source, device, Math.Min(MtuOf(socket, target.IsV4), MaxMtu));
            problem = "";
            return true;
        }
        catch (SocketException exception)
        {
            problem = $"there is no route to {target}: {exception.Message}. Check 'ip route get {target}'";
            return false;
        }
    }

    private static int MtuOf(Socket socket, bool isV4)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(isV4 ? LevelV4 : LevelV6, isV4 ? OptionMtuV4 : OptionMtuV6, value);
        return MemoryMarshal.Read<int>(value);
    }

    private static string? LoopbackDevice() =>
        NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(device => device.NetworkInterfaceType == NetworkInterfaceType.Loopback)?.Name;

    private static IEnumerable<(string Device, HostAddress Address)> Held() =>
        from device in NetworkInterface.GetAllNetworkInterfaces()
        from unicast in device.GetIPProperties().UnicastAddresses
        where !unicast.Address.IsIPv6LinkLocal
        select (device.Name, ToHostAddress(unicast.Address));

    private static HostAddress ToHostAddress(IPAddress address) => HostAddress.FromBytes(address.GetAddressBytes());
}
