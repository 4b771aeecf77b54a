using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Netlink;
using TcpCopy.Packets.Privileges;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// [7] Reads one of the kernel's packet queues (NFQUEUE) and has every packet dropped once it was handed over. The packets' beginnings come in netlink
/// messages, and all of a drain are dropped by one verdict. Never blocks. A verdict needs NET_ADMIN, which is in force for the moment of the call alone.
/// <para>The kernel stamps no packet on its way out: frames have the time at which they were drained.</para>
/// </summary>
public sealed class NetlinkQueue : ICaptureSource
{
    private const int RawIp = 101;
    private const int LevelSocket = 1;
    private const int LevelNetlink = 270;
    private const int OptionReceiveBufferForce = 33;

    /// <summary>Packets that find the buffer full are dropped, which is what becomes of them anyhow: no error to the reader.</summary>
    private const int OptionNoBufferErrors = 5;

    /// <summary>Packets in the kernel; beyond it they are dropped and counted.</summary>
    private const int MostWaiting = 65_536;

    private readonly NetlinkSocket _socket;
    private readonly ushort _number;
    private readonly byte[] _input;
    private readonly byte[] _verdict;
    private readonly Func<int> _sendVerdict;
    private long _received;

    private NetlinkQueue(NetlinkSocket socket, ushort number, int snapLength)
    {
        (_socket, _number) = (socket, number);
        _input = new byte[QueueMessages.MostHeaderBytes + snapLength];
        _verdict = QueueMessages.Drop(number);
        _sendVerdict = () => _socket.Send(_verdict);
    }

    public string Name => $"queue {_number}";

    /// <inheritdoc/>
    public bool HoldsFrames => true;

    public int FileDescriptor => _socket.FileDescriptor;

    /// <summary>What the kernel dropped because the queue or its buffer was full is in its own table of queues.</summary>
    public CaptureStatistics Statistics => new(_received, DroppedByKernel(), 0);

    /// <param name="number">Of the queue.</param>
    /// <param name="snapLength">Most bytes of a packet that are handed over, from its IP header on.</param>
    /// <param name="bufferBytes">Of the socket.</param>
    /// <exception cref="CaptureException">Somebody else reads that queue, there is no permission, or the kernel has no queues.</exception>
    public static NetlinkQueue Open(ushort number, int snapLength, int bufferBytes) => Confinement.WithAdministration(() =>
    {
        var socket = NetlinkSocket.TryOpen(NetlinkSocket.ProtocolNetfilter, out var errno) ?? throw Failure(number, errno);
        var queue = new NetlinkQueue(socket, number, snapLength);
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
        Demand(_socket.SetOption(LevelSocket, OptionReceiveBufferForce, bufferBytes));
        Demand(_socket.SetOption(LevelNetlink, OptionNoBufferErrors, 1));
        foreach (var message in QueueMessages.Configuration(_number, snapLength, MostWaiting))
        {
            Demand(_socket.Send(message));
            // The answer is in the socket when the call that asked returns (netlink(7)); packets may have come before it.
            int? errno = null;
            while (errno is null && Receive() is var length and > 0)
                errno = NetlinkMessage.ReadAnswer(_input.AsSpan(0, length));
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
                DemandTaken(NetlinkMessage.ReadAnswer(_input.AsSpan(0, length)));
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
        var length = _socket.Receive(_input, out var errno);
        if (errno is not (0 or Errno.EAGAIN or Errno.ENOBUFS))
            throw Failure(_number, errno);
        return length;
    }

    private void Demand(int errno)
    {
        if (errno != 0)
            throw Failure(_number, errno);
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
}
