using System.Runtime.InteropServices;

namespace TcpCopy.Node.Hosting;

/// <summary>What a node's start leaves behind, and nothing that comes later asks for, goes back to the host.</summary>
public static partial class StartLitter
{
    /// <summary>
    /// The compiler keeps its work space, up to 16 MB, as long as it was used within two seconds, and only looks when the finalizers' thread is woken
    /// (coreclr's jithost.cpp). That is by a collection, and a node that has little to do collects nothing for hours.
    /// </summary>
    private static readonly TimeSpan CompilerLooksAfter = TimeSpan.FromSeconds(2.1);

    /// <summary>It notes the time, sets aside what was used before, and lets go what was not used since.</summary>
    private const int CompilerLooks = 3;

    /// <summary>
    /// Takes some ten milliseconds: when a node has started and when it is ready, and never again. The compiler's part follows some seconds later.
    /// </summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimHeap();
        _ = GiveBackWorkSpaceAsync();
    }

    private static async Task GiveBackWorkSpaceAsync()
    {
        for (var look = 1; look < CompilerLooks; look++)
        {
            GC.WaitForPendingFinalizers();
            await Task.Delay(CompilerLooksAfter).ConfigureAwait(false);
        }
        GC.WaitForPendingFinalizers();
        TrimHeap();
    }

    private static void TrimHeap()
    {
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not every C library has it (musl), and it is the GNU one that keeps so much.
        }
    }

    /// <summary>What the runtime frees, the C library keeps (malloc_trim(3)).</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);
}
