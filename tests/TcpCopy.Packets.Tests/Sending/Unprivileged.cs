using System.Runtime.InteropServices;
using Xunit;

namespace TcpCopy.Packets.Tests.Sending;

/// <summary>Runs code in a thread of its own that has given up all capabilities (capset(2) concerns the calling thread alone).</summary>
internal static partial class Unprivileged
{
    private const uint CapabilityVersion3 = 0x20080522;

    /// <summary>Returns what the code threw; null when nothing.</summary>
    public static Exception? Run(Action code)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(() =>
        {
            var header = new Header { Version = CapabilityVersion3 };
            Assert.Equal(0, capset(ref header, new uint[6]));
            code();
        }));
        thread.Start();
        thread.Join();
        return thrown;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public uint Version;
        public int ProcessId;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset(ref Header header, [In] uint[] sets);
}
