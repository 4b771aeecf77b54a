using System.Runtime.InteropServices;

namespace TcpCopy.Cli.Hosting;

/// <summary>
/// Puts this process into a network and a mount namespace of its own. They have no name: the kernel takes them away with the last process in
/// them, rules, devices and all, however it ends.
/// </summary>
internal static partial class PrivateNamespaces
{
    // From sched.h and sys/mount.h.
    private const int NewMounts = 0x0002_0000;
    private const int NewNetwork = 0x4000_0000;
    private const ulong Recursive = 0x4000;
    private const ulong Private = 0x4_0000;

    /// <summary>
    /// Replaces this process by itself with <c>--inside</c> added; does not return.
    /// </summary>
    /// <param name="kept">Descriptor of a file that stays open; null: none.</param>
    /// <param name="further">Words to add.</param>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static void EnterAndRestart(int? kept = null, params string[] further)
    {
        Demand(Unshare(NewMounts | NewNetwork), "make namespaces of its own");
        Demand(Mount("none", "/", null, Recursive | Private, 0), "keep its mounts to itself");
        // /sys shows the devices of the namespace that it was mounted from.
        Demand(Mount("sysfs", "/sys", "sysfs", 0, 0), "mount /sys");
        // What nodes remember in /run is forgotten with them.
        Demand(Mount("tmpfs", "/run", "tmpfs", 0, 0), "mount /run");
        ThisProgram.StartAnew(kept, ["--inside", .. further]);
    }

    private static void Demand(int result, string what)
    {
        if (result != 0)
            throw new HostException(
                $"this process cannot {what}: {Marshal.GetLastPInvokeErrorMessage()}; run it as root of the machine or of a privileged container");
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string? type, ulong flags, nint data);
}
