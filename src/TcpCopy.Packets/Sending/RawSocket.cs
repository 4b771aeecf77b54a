using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpCopy.Packets.Privileges;

namespace TcpCopy.Packets.Sending;

/// <summary>A socket that takes whole packets, IP header included: raw IP of one family (raw(7), ipv6(7)), or the link layer (packet(7)).</summary>
internal sealed unsafe partial class RawSocket : IDisposable
{
    private const int TypeDatagram = 2;
    private const int TypeRaw = 3;
    private const int TypeCloseOnExec = 0x80000;
    private const int ProtocolRaw = 255;
    private const int LevelSocket = 1;
    private const int LevelPacket = 263;
    private const int OptionSendBuffer = 7;
    private const int OptionBindToDevice = 25;
    private const int OptionSendBufferForce = 32;
    private const int OptionBypassQueue = 20;
    private const int DontWait = 0x40;

    private readonly SafeFileHandle _handle;

    private RawSocket(SafeFileHandle handle) => (_handle, IsBoundToDevice) = (handle, IsBound(handle));

    /// <summary>The process is in a VRF (ip-vrf(8)), whose routes are others than those that the kernel tells everybody.</summary>
    public bool IsBoundToDevice { get; }

    /// <param name="isV4">Else IPv6. Protocol IPPROTO_RAW makes the header the caller's business in both families.</param>
    /// <param name="sendBufferBytes">Wanted size of the kernel's send buffer; without NET_ADMIN it is capped at net.core.wmem_max.</param>
    /// <exception cref="SendException">No privilege, or no such family on this host.</exception>
    public static RawSocket Open(bool isV4, int sendBufferBytes)
    {
        var descriptor = socket(isV4 ? SocketFamily.V4 : SocketFamily.V6, TypeRaw | TypeCloseOnExec, ProtocolRaw);
        if (descriptor < 0)
            throw new SendException(Explain(isV4 ? "IPv4" : "IPv6", Marshal.GetLastPInvokeError()));
        return Opened(descriptor, sendBufferBytes);
    }

    /// <summary>
    /// The kernel writes the link layer's header. Packets pass its queue by: when the device has no room for one it says so, and the packet can go by IP.
    /// </summary>
    /// <inheritdoc cref="Open"/>
    public static RawSocket OpenLink(int sendBufferBytes)
    {
        // Protocol 0: it receives nothing.
        var descriptor = socket(SocketFamily.Packet, TypeDatagram | TypeCloseOnExec, 0);
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            throw new SendException(errno == Errno.EAFNOSUPPORT
                ? "there are no packet sockets (AF_PACKET), which 'tcpcopy.send.layer = link' needs: allow them (systemd: RestrictAddressFamilies), or set ip"
                : Explain("packet", errno));
        }
        var opened = Opened(descriptor, sendBufferBytes);
        // A kernel that refuses only sends more slowly.
        _ = SetOption(opened._handle, LevelPacket, OptionBypassQueue, 1);
        return opened;
    }

    /// <summary>Returns how many of the messages the kernel took; when not even the first, -1 and its errno.</summary>
    public int Send(MessageHeader* messages, int count, out int errno)
    {
        var sent = sendmmsg(_handle, messages, (uint)count, DontWait);
        errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
        return sent;
    }

    public void Dispose() => _handle.Dispose();

    private static RawSocket Opened(int descriptor, int sendBufferBytes)
    {
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Confinement.WithAdministration(() => SetOption(handle, LevelSocket, OptionSendBufferForce, sendBufferBytes)) != 0)
            _ = SetOption(handle, LevelSocket, OptionSendBuffer, sendBufferBytes);
        return new RawSocket(handle);
    }

    private static bool IsBound(SafeFileHandle socket)
    {
        const int LongestName = 16;
        var name = stackalloc byte[LongestName];
        var length = (uint)LongestName;
        return getsockopt(socket, LevelSocket, OptionBindToDevice, name, ref length) == 0 && length > 0;
    }

    private static int SetOption(SafeFileHandle socket, int level, int option, int value) => setsockopt(socket, level, option, &value, sizeof(int));

    private static string Explain(string family, int errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES =>
            $"cannot open a raw {family} socket: no permission. Run as root, or grant the capability NET_RAW (setcap cap_net_raw,cap_net_admin+ep)",
        Errno.EAFNOSUPPORT => $"cannot open a raw {family} socket: this host has no {family}. Enable it, or name a target of the other family",
        _ => $"cannot open a raw {family} socket: {Errno.NameOf(errno)} ({Marshal.GetPInvokeErrorMessage(errno)}). See socket(2)",
    };

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(SafeFileHandle socket, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(SafeFileHandle socket, int level, int option, void* value, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sendmmsg(SafeFileHandle socket, MessageHeader* messages, uint count, int flags);
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Base;
    public nuint Length;
}

/// <summary>struct mmsghdr of 64-bit Linux: a msghdr and how many bytes of it were sent.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public byte* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
    private readonly uint _padding;
    public uint Sent;
    private readonly uint _end;
}
