using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using SharpPcap.LibPcap;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// [1] Captures on a device through libpcap's memory-mapped ring: SharpPcap opens and filters it, frames are then drained without a copy
/// or an allocation. Never blocks.
/// <para>Readiness: the descriptor is readable while the newest frame or block handed over by the kernel has not been drained, so a
/// <see cref="Drain"/> that stopped at its limit leaves it readable. With blocks (not immediate) a frame becomes readable a millisecond or two
/// after it arrived. When the device goes away poll(2) reports an error on the descriptor, and the next drain throws; a device that goes
/// down and comes up again is captured on as before.</para>
/// </summary>
public sealed unsafe class LiveCapture : ICaptureSource
{
    private readonly PcapDevice _device;
    private readonly PcapNative _pcap;
    private readonly LiveCapture? _counter;
    private readonly long _countedBefore;
    private readonly nint _pointer;
    private readonly int _linkType;
    private readonly Lock _gate = new();
    private GCHandle _self;
    private FrameHandler? _handler;
    private ExceptionDispatchInfo? _handlerFailure;
    private WideningCounter _received;
    private WideningCounter _dropped;
    private WideningCounter _droppedByInterface;
    private bool _disposed;

    /// <param name="device">Open; disposed of with this.</param>
    /// <param name="pcap">The library that opened it.</param>
    /// <param name="counter">Nothing is ever read from it: the kernel counts what finds no room there. Disposed of with this.</param>
    internal LiveCapture(PcapDevice device, PcapNative pcap, LiveCapture? counter = null)
    {
        (_device, _pcap, _counter) = (device, pcap, counter);
        // Until its filter stood it counted everything.
        _countedBefore = counter?.Statistics.Received ?? 0;
        // The handle lives until Dispose, which no drain or reading of statistics outlives.
        _pointer = device.Handle.DangerousGetHandle();
        _linkType = pcap.GetLinkType(_pointer);
        FileDescriptor = pcap.GetSelectableDescriptor(_pointer);
        _self = GCHandle.Alloc(this);
    }

    public string Name => _device.Name;

    public int FileDescriptor { get; }

    public TimeSpan Bridge { get; private init; }

    public TimeSpan Delay { get; private init; }

    /// <summary>LINKTYPE_ number of the frames.</summary>
    public int LinkType => _linkType;

    /// <summary>
    /// Safe from any thread; after <see cref="Dispose"/> the last figures. libpcap tells what the device lost in promiscuous mode alone.
    /// </summary>
    public CaptureStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                if (!_disposed)
                    ReadStatistics();
                return new(_received.Value, _dropped.Value, _droppedByInterface.Value, Counted);
            }
        }
    }

    /// <exception cref="CaptureException">Names the device, the reason and the remedy.</exception>
    public static LiveCapture Open(LiveCaptureOptions options)
    {
        var pcap = PcapNative.Instance;
        LiveCapture? counter = null;
        PcapDevice? device = null;
        try
        {
            counter = options.CountFilter.Length > 0 ? OpenCounter(options) : null;
            device = DeviceOpener.Open(options);
            return new LiveCapture(device, pcap, counter) { Bridge = options.Bridge, Delay = options.Delay };
        }
        catch
        {
            device?.Close();
            counter?.Dispose();
            throw;
        }
    }

    private long Counted => _counter is null ? 0 : _counter.Statistics.Received - _countedBefore;

    /// <summary>
    /// The smallest that libpcap makes, without blocks and their timer. What loopback sends it receives, too, and only reading sorts that out. (So "any" counts
    /// loopback's twice.)
    /// </summary>
    private static LiveCapture OpenCounter(LiveCaptureOptions options) => Open(new LiveCaptureOptions
    {
        Device = options.Device,
        Filter = options.Device == "lo" ? $"inbound and ({options.CountFilter})" : options.CountFilter,
        SnapLength = 64,
        BufferBytes = 4096,
        Immediate = true,
        Promiscuous = options.Promiscuous,
        Direction = options.Direction,
    });

    /// <remarks>
    /// An exception of the handler is thrown again after the other waiting frames have been handed over: native frames lie between, and
    /// one bad frame must not cost the others.
    /// </remarks>
    /// <inheritdoc/>
    public int Drain(int limit, FrameHandler handler)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _handler = handler;
        var count = _pcap.Dispatch(_pointer, limit, &OnFrame, GCHandle.ToIntPtr(_self));
        _handler = null;
        if (_handlerFailure is { } failure)
        {
            _handlerFailure = null;
            failure.Throw();
        }
        if (count < 0)
            throw new CaptureException($"capture on device {Name} failed: {_pcap.LastError(_pointer)}. Check it with 'ip link show {Name}'");
        return count;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            ReadStatistics();
            _disposed = true;
            _counter?.Dispose();
            _device.Close();
            _self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFrame(nint user, PcapNative.FrameHeader* header, byte* bytes)
    {
        var capture = (LiveCapture)GCHandle.FromIntPtr(user).Target!;
        try
        {
            var capturedAt = Instant.FromMicroseconds(header->Seconds * 1_000_000 + header->Microseconds);
            var frame = new CapturedFrame(new(bytes, (int)header->CapturedLength), (int)header->OriginalLength, capture._linkType, capturedAt);
            capture._handler!(frame);
        }
        catch (Exception exception)
        {
            // Nothing may unwind through native frames: it is kept, and thrown by Drain.
            capture._handlerFailure ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    private void ReadStatistics()
    {
        PcapNative.Counters counters;
        if (_pcap.GetStatistics(_pointer, &counters) != 0)
            return;
        _received.Update(counters.Received);
        _dropped.Update(counters.Dropped);
        _droppedByInterface.Update(counters.DroppedByInterface);
    }
}
