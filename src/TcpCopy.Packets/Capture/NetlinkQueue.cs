using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Privileges;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// [7] Reads one of the kernel's packet queues (NFQUEUE) and has every packet dropped once it was handed over. The packets' beginnings come in netlink
/// messages, and all of a drain are dropped by one verdict. Never blocks. A verdict needs NET_ADMIN, which is in force for the moment of the call alone.
/// <para>The kernel stamps no packet on its way out: frames have the time at which they were drained.</para>
/// </summary>
public sealed unsafe partial class NetlinkQueue : ICaptureSource
{
    private const int RawIp = 101;
    private const int FamilyNetlink = 16;
    private const int TypeRaw = 3;
    private const int TypeNonBlocking = 0x800;
    private const int TypeCloseOnExec = 0x80000;
    private const int ProtocolNetfilter = 12;
    private const int LevelSocket = 1;
    private const int LevelNetlink = 270;
    private const int OptionReceiveBufferForce = 33;

    /// <summary>Packets that find the buffer full are dropped, which is what becomes of them anyhow: no error to the reader.</summary>
    private const int OptionNoBufferErrors = 5;

    /// <summary>Packets in the kernel; beyond it they are dropped and counted.</summary>
    private const int MostWaiting = 65_536;

    private readonly SafeFileHandle _socket;
    private readonly ushort _number;
    private readonly byte[] _input;
    private readonly byte[] _verdict;
    private readonly Func<int> _sendVerdict;
    private long _received;

    private NetlinkQueue(SafeFileHandle socket, ushort number, int snapLength)
    {
        (_socket, _number) = (socket, number);
        _input = new byte[QueueMessages.MostHeaderBytes + snapLength];
        _verdict = QueueMessages.Drop(number);
        _sendVerdict = () => Send(_verdict) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    public string Name => $"queue {_number}";

    /// <inheritdoc/>
    public bool HoldsFrames => true;

    public int FileDescriptor => (int)_socket.DangerousGetHandle();

    /// <summary>What the kernel dropped because the queue or its buffer was full is in its own table of queues.</summary>
    public CaptureStatistics Statistics => new(_received, DroppedByKernel(), 0);

    /// <param name="number">Of the queue.</param>
    /// <param name="snapLength">Most bytes of a packet that are handed over, from its IP header on.</param>
    /// <param name="bufferBytes">Of the socket.</param>
    /// <exception cref="CaptureException">Somebody else reads that queue, there is no permission, or the kernel has no queues.</exception>
    public static NetlinkQueue Open(ushort number, int snapLength, int bufferBytes) => Confinement.WithAdministration(() =>
    {
        var descriptor = socket(FamilyNetlink, TypeRaw | TypeNonBlocking | TypeCloseOnExec, ProtocolNetfilter);
        if (descriptor < 0)
            throw Failure(number, Marshal.GetLastPInvokeError());
        var queue = new NetlinkQueue(new SafeFileHandle(descriptor, ownsHandle: true), number, snapLength);
        try
        {
            queue.Configure(snapLength, bufferBytes);
            return queue;
        }
        catch
        {
            queue.Dispose();
            throw;
        }
    });

    /// <inheritdoc/>
    public int Drain(int limit, FrameHandler handler)
    {
        var before = _received;
        var errno = 0;
        try
        {
            HandOver(limit, handler);
        }
        finally
        {
            // Also when the handler throws: what was read is not read again.
            if (_received > before)
                errno = Confinement.WithAdministration(_sendVerdict);
        }
        if (errno != 0)
            throw Failure(_number, errno);
        return (int)(_received - before);
    }

    public void Dispose() => _socket.Dispose();

    private void Configure(int snapLength, int bufferBytes)
    {
        Demand(setsockopt(_socket, LevelSocket, OptionReceiveBufferForce, &bufferBytes, sizeof(int)));
        var on = 1;
        Demand(setsockopt(_socket, LevelNetlink, OptionNoBufferErrors, &on, sizeof(int)));
        foreach (var message in QueueMessages.Configuration(_number, snapLength, MostWaiting))
        {
            Demand(Send(message));
            // The answer is in the socket when the call that asked returns (netlink(7)); packets may have come before it.
            int? errno = null;
            while (errno is null && Receive() is var length and > 0)
                errno = QueueMessages.ReadAnswer(_input.AsSpan(0, length));
            if (errno is not 0)
                throw Failure(_number, errno ?? Errno.EAGAIN);
        }
    }

    private void HandOver(int limit, FrameHandler handler)
    {
        var now = Instant.FromUtc(DateTime.UtcNow);
        for (var count = 0; count < limit && Receive() is var length and > 0;)
        {
            if (QueueMessages.ReadPacket(_input.AsSpan(0, length)) is not { } packet)
            {
                DemandTaken(QueueMessages.ReadAnswer(_input.AsSpan(0, length)));
                continue;
            }
            count++;
            _received++;
            BinaryPrimitives.WriteUInt32BigEndian(_verdict.AsSpan(QueueMessages.VerdictIdOffset), packet.Id);
            handler(new CapturedFrame(packet.BytesOf(_input), packet.OriginalLength, RawIp, now));
        }
    }

    /// <summary>A verdict is answered where it fails; that its packets are gone by themselves is no failure.</summary>
    private void DemandTaken(int? errno)
    {
        if (errno is not (null or 0 or Errno.ENOENT))
            throw Failure(_number, errno.Value);
    }

    /// <summary>Bytes of the next message; 0: there is none.</summary>
    private int Receive()
    {
        fixed (byte* into = _input)
        {
            var length = (int)recv(_socket, into, (nuint)_input.Length, 0);
            if (length < 0 && Marshal.GetLastPInvokeError() is not (Errno.EAGAIN or Errno.ENOBUFS) and var errno)
                throw Failure(_number, errno);
            return Math.Max(0, length);
        }
    }

    private int Send(byte[] message)
    {
        fixed (byte* bytes = message)
            return (int)send(_socket, bytes, (nuint)message.Length, 0);
    }

    private void Demand(int result)
    {
        if (result < 0)
            throw Failure(_number, Marshal.GetLastPInvokeError());
    }

    /// <summary>Columns of the table: number, reader, waiting, mode, bytes, dropped for want of room in the queue, and in the reader's buffer.</summary>
    private long DroppedByKernel()
    {
        const string Queues = "/proc/thread-self/net/netfilter/nfnetlink_queue";
        string[]? columns;
        try
        {
            columns = File.ReadLines(Queues)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .FirstOrDefault(columns => columns[0] == _number.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Root's alone to read.
            return 0;
        }
        return columns is null ? 0 : long.Parse(columns[5], CultureInfo.InvariantCulture) + long.Parse(columns[6], CultureInfo.InvariantCulture);
    }

    private static CaptureException Failure(ushort number, int errno) => new(errno switch
    {
        Errno.EBUSY or Errno.EPERM =>
            $"queue {number} cannot be read: another process reads it, or NET_ADMIN is missing. Give another number with tcpcopy.intercept.queue-number, "
            + "or run as root",
        _ => $"queue {number} cannot be read: {Errno.NameOf(errno)} ({Marshal.GetPInvokeErrorMessage(errno)}). Does this kernel have nfnetlink_queue "
            + "('modprobe nfnetlink_queue')?",
    });

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(SafeFileHandle socket, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle socket, void* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeFileHandle socket, void* bytes, nuint length, int flags);
}
