using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Capture;

/// <summary>A live source of captured frames that is polled: wait for <see cref="FileDescriptor"/> to be readable, then drain.</summary>
public interface ICaptureSource : IDisposable
{
    /// <summary>The device or file, as the user named it.</summary>
    string Name { get; }

    /// <summary>Readable (poll(2)) when frames wait.</summary>
    int FileDescriptor { get; }

    CaptureStatistics Statistics { get; }

    /// <summary>For how long frames find room while nobody drains, however few they are.</summary>
    TimeSpan Bridge => TimeSpan.FromSeconds(1);

    /// <summary>For how long the kernel may keep a captured frame back before the source is readable.</summary>
    TimeSpan Delay => TimeSpan.Zero;

    /// <summary>True where frames are not copies: their sender's TCP waits for them to be drained.</summary>
    bool HoldsFrames => false;

    /// <summary>Hands over up to <paramref name="limit"/> waiting frames without blocking. Returns how many there were.</summary>
    /// <exception cref="CaptureException">The device is gone or failed; the message says which and why.</exception>
    int Drain(int limit, FrameHandler handler);
}

/// <summary>Receives one frame; the bytes are valid during the call alone.</summary>
public delegate void FrameHandler(in CapturedFrame frame);

/// <summary>One frame as the capture delivered it.</summary>
/// <param name="bytes">What was captured, from the link header on; may be shorter than the frame was.</param>
/// <param name="originalLength">Bytes the frame had on the wire.</param>
/// <param name="linkType">LINKTYPE_ number of pcap: 1 Ethernet, 0 and 108 loopback, 101 raw IP, 113 and 276 Linux cooked.</param>
/// <param name="capturedAt">Kernel's time stamp (wall clock).</param>
public readonly ref struct CapturedFrame(ReadOnlySpan<byte> bytes, int originalLength, int linkType, Instant capturedAt)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int OriginalLength { get; } = originalLength;

    public int LinkType { get; } = linkType;

    public Instant CapturedAt { get; } = capturedAt;
}

/// <summary>As libpcap reports them (pcap_stats(3)), since the source was opened.</summary>
/// <param name="Received">Frames that passed the kernel filter.</param>
/// <param name="Dropped">Frames lost because the buffer was full.</param>
/// <param name="DroppedByInterface">Frames lost by the device or its driver.</param>
/// <param name="Counted">Frames of <see cref="LiveCaptureOptions.CountFilter"/>, the lost ones among them.</param>
public readonly record struct CaptureStatistics(long Received, long Dropped, long DroppedByInterface, long Counted = 0)
{
    public static CaptureStatistics operator +(CaptureStatistics left, CaptureStatistics right) =>
        new(left.Received + right.Received, left.Dropped + right.Dropped, left.DroppedByInterface + right.DroppedByInterface,
            left.Counted + right.Counted);
}

/// <summary>A capture device cannot be opened, filtered or read. The message names the device, the reason and the remedy.</summary>
public sealed class CaptureException(string message, Exception? inner = null) : Exception(message, inner);
