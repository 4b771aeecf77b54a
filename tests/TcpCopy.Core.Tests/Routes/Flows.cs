using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Tests.Routes;

internal static class Flows
{
    /// <summary>A replica told from others by its number.</summary>
    public static FlowKey Numbered(int number) => new(
        new Endpoint(HostAddress.FromV4(0x0A00_0000u + (uint)number), 40_000),
        new Endpoint(HostAddress.FromV4(0x0A4D_0003), 8080));
}
