using System.Runtime.InteropServices;

namespace TcpCopy.Node.Hosting;

/// <summary>What a node's start leaves behind, and nothing that comes later asks for, goes back to the host.</summary>
public static partial class StartLitter
{
    /// <summary>Takes some ten milliseconds: when a node is about to say that it is ready, and never again.</summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not every C library has it (musl), and it is the GNU one that keeps so much.
        }
    }

    /// <summary>The compiler's work space is the C library's, which keeps what it was given back (malloc_trim(3)).</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);
}
