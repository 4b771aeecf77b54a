namespace TcpCopy.Packets.Capture;

/// <summary>Which way a frame went, seen from the device.</summary>
public enum CaptureDirection
{
    Both,
    Inbound,
    Outbound,
}

/// <summary>How a live capture is opened.</summary>
public sealed record LiveCaptureOptions
{
    /// <summary>A device's name, or "any" for all of them (Linux cooked frames).</summary>
    public required string Device { get; init; }

    /// <summary>A pcap filter (pcap-filter(7)) that runs in the kernel; empty: everything.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Of the ring's blocks.</summary>
    private const int BlockBytes = 256 * 1024;

    /// <summary>Most bytes kept of a frame; libpcap takes at most 262,144.</summary>
    public int SnapLength { get; init; } = 262_144;

    /// <summary>A pcap filter of frames that are captured besides, cut short in the kernel: their payload takes no room in the ring; empty: none.</summary>
    public string ShortFilter { get; init; } = "";

    /// <summary>A pcap filter of frames that the kernel counts besides, whether or not they found room in the ring; empty: none.</summary>
    public string CountFilter { get; init; } = "";

    /// <summary>Most bytes kept of a frame that <see cref="ShortFilter"/> alone takes.</summary>
    public int ShortLength { get; init; } = 144;

    /// <summary>
    /// Kernel ring in bytes. Without <see cref="Immediate"/> the ring consists of blocks of 256 KB, each handed over after
    /// <see cref="BlockMilliseconds"/> however full: at 1 ms each, 16 MB bridge a stall of the reader of 64 ms and no longer, however few the
    /// frames; 120 ms were measured.
    /// </summary>
    public int BufferBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// How long a block of the ring waits for more frames, at least 1: the latency of a capture that is not <see cref="Immediate"/>. More
    /// bridges longer stalls with the same <see cref="BufferBytes"/>.
    /// </summary>
    public int BlockMilliseconds { get; init; } = 1;

    /// <summary>See <see cref="ICaptureSource.Bridge"/>; of a capture that is not <see cref="Immediate"/>.</summary>
    public TimeSpan Bridge => TimeSpan.FromMilliseconds((double)BufferBytes / BlockBytes * BlockMilliseconds);

    /// <summary>See <see cref="ICaptureSource.Delay"/>.</summary>
    public TimeSpan Delay => Immediate ? TimeSpan.Zero : TimeSpan.FromMilliseconds(BlockMilliseconds);

    /// <summary>
    /// Every frame is handed over at once (ring of fixed slots, TPACKET_V2): lowest latency, one wake-up a frame, and each slot as large as
    /// <see cref="SnapLength"/>, so keep that small. Else frames come in blocks after up to <see cref="BlockMilliseconds"/> (TPACKET_V3): fewest wake-ups.
    /// </summary>
    public bool Immediate { get; init; }

    /// <summary>Also frames that are not addressed to this host: for an assistant that routes nothing.</summary>
    public bool Promiscuous { get; init; }

    /// <summary>The loopback device shows each packet on its way out and in again; its outbound copies are never captured.</summary>
    public CaptureDirection Direction { get; init; } = CaptureDirection.Both;
}
