using System.Runtime.InteropServices;
using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Demo;

/// <summary>
/// Puts this process into a network and a mount namespace of its own. They have no name: the kernel takes them away with the last process in
/// them, rules, devices and all, however the demo ends.
/// </summary>
internal static partial class PrivateNamespaces
{
    // From sched.h and sys/mount.h.
    private const int NewMounts = 0x0002_0000;
    private const int NewNetwork = 0x4000_0000;
    private const ulong Recursive = 0x4000;
    private const ulong Private = 0x4_0000;

    /// <summary>
    /// Replaces this process by itself with <c>--inside</c> added; does not return. A namespace is a thread's: only the program that this
    /// thread then executes has all its threads in there.
    /// </summary>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static void EnterAndRestart()
    {
        Demand(Unshare(NewMounts | NewNetwork), "make namespaces of its own");
        Demand(Mount("none", "/", null, Recursive | Private, 0), "keep its mounts to itself");
        // /sys shows the devices of the namespace that it was mounted from.
        Demand(Mount("sysfs", "/sys", "sysfs", 0, 0), "mount /sys");
        // What nodes remember in /run is forgotten with the demo.
        Demand(Mount("tmpfs", "/run", "tmpfs", 0, 0), "mount /run");
        Demand(Execute(ThisProgram.Path, [ThisProgram.Path, .. ThisProgram.Words([.. ThisProgram.Given, "--inside"]), null]), "start itself again");
    }

    private static void Demand(int result, string what)
    {
        if (result != 0)
            throw new HostException(
                $"the demo cannot {what}: {Marshal.GetLastPInvokeErrorMessage()}; run it as root of the machine or of a privileged container");
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string? type, ulong flags, nint data);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string program, string?[] arguments);
}
