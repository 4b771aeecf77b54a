using System.Reflection;
using System.Runtime.InteropServices;

namespace TcpCopy.Cli.Hosting;

/// <summary>How to run this very program once more.</summary>
internal static partial class ThisProgram
{
    // From linux/close_range.h; 0 to 2 are the standard streams.
    private const uint FirstOfRuntime = 3;
    private const int CloseOnExecute = 4;

    // From fcntl.h.
    private const int SetDescriptorFlags = 2;
    private const int DescriptorCloses = 1;

    /// <summary>The executable: tcpcopy itself, or dotnet where that was given the assembly to run.</summary>
    public static string Path { get; } = Environment.ProcessPath ?? "/proc/self/exe";

    /// <summary>The words that this process was given.</summary>
    public static string[] Given { get; } = Environment.GetCommandLineArgs()[1..];

    /// <summary>False where other programs (tests) run code of this one.</summary>
    public static bool IsWhole { get; } = Assembly.GetEntryAssembly() == typeof(ThisProgram).Assembly;

    /// <summary>What the executable must be given so that the program gets <paramref name="words"/>.</summary>
    public static string[] Words(string[] words) =>
        System.IO.Path.GetFileNameWithoutExtension(Path) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. words] : words;

    /// <summary>
    /// Replaces this process by itself, with the words that it was given and <paramref name="further"/>; its number stays. Namespaces and rights are a
    /// thread's: only a program that this thread executes has all its threads in there. Returns only when the kernel refuses.
    /// </summary>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static void StartAnew(params string[] further) => StartAnew(null, further);

    /// <summary>The same with a file that stays open.</summary>
    /// <param name="kept">Its descriptor.</param>
    /// <param name="further">Words to add.</param>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static void StartAnew(int? kept, string[] further)
    {
        // The runtime leaves its own files open for whatever is executed; a kernel that cannot close them keeps some more open, no worse.
        _ = CloseRange(FirstOfRuntime, uint.MaxValue, CloseOnExecute);
        if (kept is { } descriptor)
            _ = SetDescriptor(descriptor, SetDescriptorFlags, 0);
        _ = Execute(Path, [Path, .. Words([.. Given, .. further]), null]);
        throw new HostException($"cannot start {Path} anew: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Keeps a file that was left open for this process from the processes that it starts.</summary>
    public static void KeepToItself(int descriptor) => _ = SetDescriptor(descriptor, SetDescriptorFlags, DescriptorCloses);

    [LibraryImport("libc", EntryPoint = "close_range")]
    private static partial int CloseRange(uint first, uint last, int flags);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string program, string?[] arguments);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int SetDescriptor(int descriptor, int command, int flags);
}
