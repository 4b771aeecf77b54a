using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpCopy.Packets.Privileges;

namespace TcpCopy.Packets.Sending;

/// <summary>A raw IP socket of one family that takes whole packets, IP header included (raw(7), ipv6(7)).</summary>
internal sealed unsafe partial class RawSocket : IDisposable
{
    private const int FamilyV4 = 2;
    private const int FamilyV6 = 10;
    private const int TypeRaw = 3;
    private const int TypeCloseOnExec = 0x80000;
    private const int ProtocolRaw = 255;
    private const int LevelSocket = 1;
    private const int OptionSendBuffer = 7;
    private const int OptionSendBufferForce = 32;
    private const int DontWait = 0x40;

    private readonly SafeFileHandle _handle;

    private RawSocket(SafeFileHandle handle) => _handle = handle;

    /// <param name="isV4">Else IPv6. Protocol IPPROTO_RAW makes the header the caller's business in both families.</param>
    /// <param name="sendBufferBytes">Wanted size of the kernel's send buffer; without NET_ADMIN it is capped at net.core.wmem_max.</param>
    /// <exception cref="SendException">No privilege, or no such family on this host.</exception>
    public static RawSocket Open(bool isV4, int sendBufferBytes)
    {
        var descriptor = socket(isV4 ? FamilyV4 : FamilyV6, TypeRaw | TypeCloseOnExec, ProtocolRaw);
        if (descriptor < 0)
            throw new SendException(Explain(isV4, Marshal.GetLastPInvokeError()));
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Confinement.WithAdministration(() => SetOption(handle, OptionSendBufferForce, sendBufferBytes)) != 0)
            _ = SetOption(handle, OptionSendBuffer, sendBufferBytes);
        return new RawSocket(handle);
    }

    /// <summary>Returns how many of the messages the kernel took; when not even the first, -1 and its errno.</summary>
    public int Send(MessageHeader* messages, int count, out int errno)
    {
        var sent = sendmmsg(_handle, messages, (uint)count, DontWait);
        errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
        return sent;
    }

    public void Dispose() => _handle.Dispose();

    private static int SetOption(SafeFileHandle socket, int option, int value) => setsockopt(socket, LevelSocket, option, &value, sizeof(int));

    private static string Explain(bool isV4, int errno)
    {
        var family = isV4 ? "IPv4" : "IPv6";
        return errno switch
        {
            Errno.EPERM or Errno.EACCES =>
                $"cannot open a raw {family} socket: no permission. Run as root, or grant the capability NET_RAW (setcap cap_net_raw,cap_net_admin+ep)",
            Errno.EAFNOSUPPORT => $"cannot open a raw {family} socket: this host has no {family}. Enable it, or name a target of the other family",
            _ => $"cannot open a raw {family} socket: {Errno.NameOf(errno)} ({Marshal.GetPInvokeErrorMessage(errno)}). See socket(2)",
        };
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(SafeFileHandle socket, int level, int option, void* value, uint length);

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
    public uint Sent;
    private readonly uint _padding;
}
