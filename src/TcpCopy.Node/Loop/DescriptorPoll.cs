using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TcpCopy.Node.Loop;

/// <summary>Waits on file descriptors with ppoll(2), and on an eventfd(2) by which other threads end the wait.</summary>
internal sealed partial class DescriptorPoll : IDisposable
{
    private const short PollIn = 0x001;
    private const short PollOut = 0x004;
    private const short PollErr = 0x008;
    private const short PollHup = 0x010;
    private const short PollInvalid = 0x020;
    private const int EventNonBlocking = 0x800;
    private const int EventCloseOnExec = 0x80000;
    private const int Eintr = 4;

    private readonly SafeFileHandle _wakeHandle;
    private PollDescriptor[] _descriptors;
    private Action?[] _callbacks = new Action?[1];
    private int _count = 1;

    public DescriptorPoll()
    {
        var descriptor = eventfd(0, EventNonBlocking | EventCloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd failed");
        _wakeHandle = new SafeFileHandle(descriptor, ownsHandle: true);
        _descriptors = [new PollDescriptor { Descriptor = descriptor, Events = PollIn }];
    }

    public void Add(int descriptor, Action onReadable)
    {
        if (_count == _descriptors.Length)
        {
            Array.Resize(ref _descriptors, _count * 2);
            Array.Resize(ref _callbacks, _count * 2);
        }
        _descriptors[_count] = new PollDescriptor { Descriptor = descriptor, Events = PollIn };
        _callbacks[_count++] = onReadable;
    }

    /// <summary>Whether the descriptor is ready also when it can be written to.</summary>
    public void SetWriting(int descriptor, bool isWriting)
    {
        if (IndexOf(descriptor) is > 0 and var index)
            _descriptors[index].Events = (short)(isWriting ? PollIn | PollOut : PollIn);
    }

    /// <summary>Passes the descriptor over until told otherwise.</summary>
    public void SetPaused(int descriptor, bool isPaused)
    {
        if (IndexOf(descriptor) is > 0 and var index)
            // ppoll takes no notice of negative descriptors (poll(2)); that of 0 has none, so all bits are turned.
            _descriptors[index].Descriptor = isPaused ? ~descriptor : descriptor;
    }

    public void Remove(int descriptor)
    {
        var index = IndexOf(descriptor);
        if (index < 0)
            return;
        _count--;
        _descriptors[index] = _descriptors[_count];
        _callbacks[index] = _callbacks[_count];
        _callbacks[_count] = null;
    }

    /// <summary>Ends a wait that is under way, or the next one. Safe from any thread.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    public unsafe void Wake()
    {
        ulong one = 1;
        _ = write(_wakeHandle, &one, sizeof(ulong));
    }

    /// <summary>Waits until a descriptor is readable, <see cref="Wake"/> is called or <paramref name="timeout"/> passed (null: no limit).</summary>
    public unsafe void Wait(TimeSpan? timeout)
    {
        TimeSpec spec = default;
        if (timeout is { } limit)
        {
            var ticks = Math.Max(0, limit.Ticks);
            spec.Seconds = (nint)(ticks / TimeSpan.TicksPerSecond);
            spec.Nanoseconds = (nint)(ticks % TimeSpan.TicksPerSecond * 100);
        }
        int ready;
        fixed (PollDescriptor* entries = _descriptors)
            ready = ppoll(entries, (nuint)_count, timeout is null ? null : &spec, null);
        if (ready < 0 && Marshal.GetLastPInvokeError() is var error and not Eintr)
            throw new Win32Exception(error, "ppoll failed");
        if (ready > 0 && _descriptors[0].Returned != 0)
            ClearWake();
    }

    /// <summary>Calls back for each descriptor that the last <see cref="Wait"/> found ready, closed or in error.</summary>
    public void RunReady()
    {
        // Backwards: a callback may remove its own descriptor, which moves the last entry into its place.
        for (var index = _count - 1; index > 0; index--)
        {
            // A callback may also have removed others'.
            if (index >= _count || (_descriptors[index].Returned & (PollIn | PollOut | PollErr | PollHup | PollInvalid)) == 0)
                continue;
            _descriptors[index].Returned = 0;
            _callbacks[index]!();
        }
    }

    public void Dispose() => _wakeHandle.Dispose();

    /// <summary>Below 0 when it is not watched. The first is the wake descriptor, which stays.</summary>
    private int IndexOf(int descriptor)
    {
        for (var index = 1; index < _count; index++)
        {
            if (_descriptors[index].Descriptor == descriptor || _descriptors[index].Descriptor == ~descriptor)
                return index;
        }
        return -1;
    }

    private unsafe void ClearWake()
    {
        ulong value;
        _ = read(_wakeHandle, &value, sizeof(ulong));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ppoll(PollDescriptor* descriptors, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(SafeFileHandle descriptor, void* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(SafeFileHandle descriptor, void* buffer, nuint count);
}
