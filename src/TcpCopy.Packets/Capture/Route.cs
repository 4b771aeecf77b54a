using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Capture;

/// <summary>How this host reaches another.</summary>
/// <param name="Source">The address that the kernel would send from.</param>
/// <param name="Device">The device that it would send through.</param>
/// <param name="Mtu">Largest IP packet in bytes, at most 65,535: the route's, or else the device's.</param>
public sealed record Route(HostAddress Source, string Device, int Mtu);
