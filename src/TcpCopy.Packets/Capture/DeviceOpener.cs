using SharpPcap;
using SharpPcap.LibPcap;

namespace TcpCopy.Packets.Capture;

/// <summary>Opens capture devices through SharpPcap and turns what goes wrong into words for the operator.</summary>
internal static class DeviceOpener
{
    private const uint FlagLoopback = 1;

    /// <exception cref="CaptureException">Names the device, the reason and the remedy.</exception>
    public static LibPcapLiveDevice Open(LiveCaptureOptions options)
    {
        // 0 would let libpcap wait for a full block, however long that takes.
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BlockMilliseconds, 1);
        var device = Find(options.Device);
        try
        {
            device.Open(new DeviceConfiguration
            {
                Mode = options.Promiscuous ? DeviceModes.Promiscuous : DeviceModes.None,
                ReadTimeout = options.BlockMilliseconds,
                Snaplen = options.SnapLength,
                BufferSize = options.BufferBytes,
                Immediate = options.Immediate,
            });
            device.NonBlockingMode = true;
            if (options.ShortFilter.Length == 0)
                SetFilter(device, options.Filter);
            else
                TwoLengthFilter.Attach(device.Handle, options);
            PcapNative.Instance.SetDirection(device.Handle, DirectionOf(options, device));
            return device;
        }
        catch (PcapException exception)
        {
            device.Close();
            throw new CaptureException(Explain(options.Device, exception), exception);
        }
        catch
        {
            device.Close();
            throw;
        }
    }

    /// <summary>Names of all devices that can be captured on, "any" among them.</summary>
    /// <exception cref="CaptureException">There is no libpcap, or it cannot list.</exception>
    public static IReadOnlyList<string> Names() => [.. List().Select(device => device.Name)];

    private static LibPcapLiveDevice Find(string name)
    {
        var devices = List();
        return devices.FirstOrDefault(device => device.Name == name)
            ?? throw new CaptureException($"there is no capture device '{name}'; there are: {string.Join(", ", devices.Select(device => device.Name))}");
    }

    /// <summary>A new list each time: an instance of SharpPcap's shared one can be opened once only.</summary>
    private static LibPcapLiveDeviceList List()
    {
        try
        {
            return LibPcapLiveDeviceList.New();
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException { InnerException: DllNotFoundException })
        {
            throw PcapNative.Missing(exception);
        }
        catch (Exception exception) when (exception is PcapException or InvalidOperationException)
        {
            throw new CaptureException($"the capture devices cannot be listed: {exception.Message}. Try 'tcpdump -D'", exception);
        }
    }

    /// <summary>The loopback device shows each packet on its way out and in again; libpcap leaves out the first of the two itself.</summary>
    private static CaptureDirection DirectionOf(LiveCaptureOptions options, LibPcapLiveDevice device) =>
        options.Direction == CaptureDirection.Both && (device.Flags & FlagLoopback) != 0 ? CaptureDirection.Inbound : options.Direction;

    private static void SetFilter(LibPcapLiveDevice device, string filter)
    {
        if (filter.Length == 0)
            return;
        try
        {
            device.Filter = filter;
        }
        catch (PcapException exception)
        {
            throw new CaptureException(
                $"device {device.Name} does not take the filter '{filter}': {exception.Message}. Check it with 'tcpdump -d -i {device.Name}'",
                exception);
        }
    }

    private static string Explain(string device, PcapException exception) => exception.Error switch
    {
        PcapError.PermissionDenied or PcapError.PromiscuousPermissionDenied =>
            $"no permission to capture on device {device}. Run as root, or grant the capability NET_RAW (setcap cap_net_raw,cap_net_admin+ep)",
        PcapError.NoSuchDevice => $"device {device} is gone. Check it with 'ip link show {device}'",
        PcapError.InterfaceNotUp => $"device {device} is down. Bring it up with 'ip link set {device} up'",
        _ => $"cannot capture on device {device}: {exception.Message}. Check it with 'tcpdump -i {device}'",
    };
}
