using System.Runtime.InteropServices;
using SharpPcap.LibPcap;

namespace TcpCopy.Packets.Capture;

/// <summary>The calls of libpcap that SharpPcap does not offer in a form without an allocation a packet.</summary>
internal sealed unsafe partial class PcapNative
{
    private const string InstallHint = "install it (Debian, Ubuntu: apt-get install libpcap0.8; Fedora: dnf install libpcap; Alpine: apk add libpcap)";

    private const int DirectionIn = 1;
    private const int DirectionOut = 2;
    private const int LevelPacket = 263;
    private const int OptionIgnoreOutgoing = 23;

    /// <summary>The names that SharpPcap tries, in its order, so that both speak to one library.</summary>
    private static readonly string[] LibraryNames = ["libpcap.so", "libpcap.so.0", "libpcap.so.0.8", "libpcap.so.1"];

    private static readonly Lazy<PcapNative> Loaded = new(() => new PcapNative(Load(LibraryNames)));

    private PcapNative(nint library)
    {
        Dispatch = (delegate* unmanaged[Cdecl]<nint, int, delegate* unmanaged[Cdecl]<nint, FrameHeader*, byte*, void>, nint, int>)
            NativeLibrary.GetExport(library, "pcap_dispatch");
        GetSelectableDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "pcap_get_selectable_fd");
        GetLinkType = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "pcap_datalink");
        GetStatistics = (delegate* unmanaged[Cdecl]<nint, Counters*, int>)NativeLibrary.GetExport(library, "pcap_stats");
        SetDirectionOf = (delegate* unmanaged[Cdecl]<nint, int, int>)NativeLibrary.GetExport(library, "pcap_setdirection");
        Compile = (delegate* unmanaged[Cdecl]<nint, FilterProgram*, byte*, int, uint, int>)NativeLibrary.GetExport(library, "pcap_compile");
        SetFilter = (delegate* unmanaged[Cdecl]<nint, FilterProgram*, int>)NativeLibrary.GetExport(library, "pcap_setfilter");
        FreeProgram = (delegate* unmanaged[Cdecl]<FilterProgram*, void>)NativeLibrary.GetExport(library, "pcap_freecode");
        GetError = (delegate* unmanaged[Cdecl]<nint, byte*>)NativeLibrary.GetExport(library, "pcap_geterr");
    }

    /// <exception cref="CaptureException">There is no libpcap; says how to install it.</exception>
    public static PcapNative Instance => Loaded.Value;

    public delegate* unmanaged[Cdecl]<nint, int, delegate* unmanaged[Cdecl]<nint, FrameHeader*, byte*, void>, nint, int> Dispatch { get; }

    public delegate* unmanaged[Cdecl]<nint, int> GetSelectableDescriptor { get; }

    public delegate* unmanaged[Cdecl]<nint, int> GetLinkType { get; }

    public delegate* unmanaged[Cdecl]<nint, Counters*, int> GetStatistics { get; }

    public delegate* unmanaged[Cdecl]<nint, FilterProgram*, byte*, int, uint, int> Compile { get; }

    public delegate* unmanaged[Cdecl]<nint, FilterProgram*, int> SetFilter { get; }

    public delegate* unmanaged[Cdecl]<FilterProgram*, void> FreeProgram { get; }

    private delegate* unmanaged[Cdecl]<nint, int, int> SetDirectionOf { get; }

    private delegate* unmanaged[Cdecl]<nint, byte*> GetError { get; }

    public static CaptureException Missing(Exception? inner = null) =>
        new($"libpcap is not on this host (looked for {string.Join(", ", LibraryNames)}): {InstallHint}", inner);

    public string LastError(nint handle) => Marshal.PtrToStringUTF8((nint)GetError(handle)) ?? "unknown error";

    /// <summary>
    /// libpcap sorts directions out only when frames have been through the ring; where inbound ones alone are wanted the kernel leaves the
    /// others out of it, too (PACKET_IGNORE_OUTGOING, Linux 4.20; older kernels refuse it, which costs ring space only). The filter words
    /// "inbound" and "outbound" will not do: libpcap itself runs the filter over what came before it was attached, and there they fail.
    /// </summary>
    public void SetDirection(PcapHandle handle, CaptureDirection direction)
    {
        if (direction == CaptureDirection.Both)
            return;
        var pointer = handle.DangerousGetHandle();
        var isInbound = direction == CaptureDirection.Inbound;
        if (SetDirectionOf(pointer, isInbound ? DirectionIn : DirectionOut) != 0)
            throw new CaptureException($"libpcap does not tell directions apart: {LastError(pointer)}. Capture both");
        var enabled = 1;
        if (isInbound)
            _ = setsockopt(GetSelectableDescriptor(pointer), LevelPacket, OptionIgnoreOutgoing, &enabled, sizeof(int));
    }

    [LibraryImport("libc")]
    private static partial int setsockopt(int socket, int level, int option, void* value, uint length);

    internal static nint Load(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
                return library;
        }
        throw Missing();
    }

    /// <summary>struct pcap_pkthdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FrameHeader
    {
        public long Seconds;
        public long Microseconds;
        public uint CapturedLength;
        public uint OriginalLength;
    }

    /// <summary>struct bpf_program.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FilterProgram
    {
        public uint Length;
        public FilterInstruction* Instructions;
    }

    /// <summary>struct bpf_insn.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FilterInstruction
    {
        public ushort Code;
        public byte JumpIfTrue;
        public byte JumpIfFalse;
        public uint Value;
    }

    /// <summary>struct pcap_stat: counters that wrap at 2^32.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Counters
    {
        public uint Received;
        public uint Dropped;
        public uint DroppedByInterface;
    }
}
