using TcpCopy.Contracts.Settings;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Interceptor;

/// <summary>How taps are opened: headers alone, each at once.</summary>
internal static class TapOptions
{
    /// <summary>Room for link header, IPv6 header and the longest TCP header, with some for IPv6 extensions.</summary>
    public const int SnapLength = 144;

    public static LiveCaptureOptions Of(InterceptorSettings settings, string device, string filter) => new()
    {
        Device = device,
        Filter = filter,
        SnapLength = SnapLength,
        BufferBytes = settings.TapBufferBytes,
        Immediate = true,
    };
}
