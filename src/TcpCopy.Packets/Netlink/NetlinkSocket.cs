using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Packets.Netlink;

/// <summary>
/// A conversation with a part of the kernel (netlink(7)). Receiving never blocks; sending may wait for a lock of the kernel's, and the answer is there when it
/// returns.
/// </summary>
internal sealed unsafe partial class NetlinkSocket : IDisposable
{
    public const int ProtocolRoute = 0;
    public const int ProtocolNetfilter = 12;

    private const int TypeRaw = 3;
    private const int TypeNonBlocking = 0x800;
    private const int TypeCloseOnExec = 0x80000;

    private readonly SafeFileHandle _handle;

    private NetlinkSocket(SafeFileHandle handle) => _handle = handle;

    public int FileDescriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Null: the kernel refused, with an errno.</summary>
    public static NetlinkSocket? TryOpen(int protocol, out int errno)
    {
        var descriptor = socket(SocketFamily.Netlink, TypeRaw | TypeNonBlocking | TypeCloseOnExec, protocol);
        errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor < 0 ? null : new NetlinkSocket(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    /// <returns>0 or an errno.</returns>
    public int SetOption(int level, int option, int value) => ErrnoOf(setsockopt(_handle, level, option, &value, sizeof(int)));

    /// <returns>0 or an errno.</returns>
    public int Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* bytes = message)
            return ErrnoOf(send(_handle, bytes, (nuint)message.Length, 0));
    }

    /// <summary>Bytes of the next message; 0: there was none, and the errno says why.</summary>
    public int Receive(Span<byte> into, out int errno)
    {
        fixed (byte* bytes = into)
        {
            var length = recv(_handle, bytes, (nuint)into.Length, 0);
            errno = ErrnoOf(length);
            return (int)Math.Max(0, length);
        }
    }

    public void Dispose() => _handle.Dispose();

    private static int ErrnoOf(nint result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(SafeFileHandle socket, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle socket, void* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeFileHandle socket, void* bytes, nuint length, int flags);
}
