using System.Diagnostics;
using System.Runtime.InteropServices;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

/// <summary>poll(2), and draining a capture until a condition holds, within a generous bound.</summary>
internal static partial class Poll
{
    private const short In = 1;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>An error of the device counts: poll(2) reports it unasked, and a drain is to tell of it.</summary>
    public static bool IsReadable(ICaptureSource source, int milliseconds)
    {
        var entry = new Entry { Descriptor = source.FileDescriptor, Events = In };
        return poll(ref entry, 1, milliseconds) > 0;
    }

    /// <summary>Waits on the descriptor and drains, again and again, until the condition holds. Fails with the reason otherwise.</summary>
    public static void DrainUntil(ICaptureSource source, FrameHandler handler, Func<bool> condition, string what) =>
        DrainUntil(source, handler, condition, () => what);

    /// <inheritdoc cref="DrainUntil(ICaptureSource, FrameHandler, Func{bool}, string)"/>
    public static void DrainUntil(ICaptureSource source, FrameHandler handler, Func<bool> condition, Func<string> what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Bound, $"within {Bound.TotalSeconds} s there was no {what()}");
            if (IsReadable(source, 100))
                source.Drain(64, handler);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref Entry entries, nuint count, int timeout);
}
