using System.Runtime.InteropServices;

namespace TcpCopy.Packets.Privileges;

/// <summary>What a thread may do (capget(2)).</summary>
/// <param name="Permitted">What it may put into force.</param>
/// <param name="Effective">What is in force.</param>
/// <param name="Inheritable">What a program that it executes may be given.</param>
internal readonly record struct CapabilitySets(Capabilities Permitted, Capabilities Effective, Capabilities Inheritable);

/// <summary>
/// Rights of the calling thread. The kernel keeps them for each thread; a new thread has those of the one that made it, and a program that is executed
/// those of the thread that executed it.
/// </summary>
internal static unsafe partial class ThreadPrivileges
{
    // From linux/capability.h and linux/prctl.h.
    private const uint Version3 = 0x2008_0522;
    private const int MostCapabilities = 64;
    private const int ReadBounding = 23;
    private const int DropBounding = 24;
    private const int SetNoNewPrivileges = 38;
    private const int GetNoNewPrivileges = 39;
    private const int Ambient = 47;
    private const nuint AmbientRaise = 2;
    private const nuint AmbientClearAll = 4;

    /// <summary>What the rights of this thread and of all that it executes can never exceed.</summary>
    public static Capabilities Bounding => (Capabilities)Enumerable.Range(0, MostCapabilities)
        .Where(bit => prctl(ReadBounding, (nuint)bit, 0, 0, 0) == 1)
        .Aggregate(0UL, (set, bit) => set | 1UL << bit);

    /// <summary>True when no program that this thread executes can have more rights than the thread itself.</summary>
    public static bool HasNoNewPrivileges => prctl(GetNoNewPrivileges, 0, 0, 0, 0) == 1;

    public static bool IsRoot => geteuid() == 0;

    public static CapabilitySets Read()
    {
        var header = new Header { Version = Version3 };
        var data = stackalloc Data[2];
        Demand(capget(&header, data), "read");
        return new CapabilitySets(
            Join(data[0].Permitted, data[1].Permitted),
            Join(data[0].Effective, data[1].Effective),
            Join(data[0].Inheritable, data[1].Inheritable));
    }

    /// <exception cref="PrivilegeException">More is asked for than is permitted.</exception>
    public static void Write(in CapabilitySets sets)
    {
        var header = new Header { Version = Version3 };
        var data = stackalloc Data[2];
        for (var half = 0; half < 2; half++)
            data[half] = new Data(Half(sets.Effective, half), Half(sets.Permitted, half), Half(sets.Inheritable, half));
        Demand(capset(&header, data), "change");
    }

    /// <summary>Needs <see cref="Capabilities.SetPrivileges"/> in force.</summary>
    public static void LimitBounding(Capabilities kept)
    {
        for (var bit = 0; bit < MostCapabilities; bit++)
        {
            if (!kept.HasFlag((Capabilities)(1UL << bit)) && prctl(ReadBounding, (nuint)bit, 0, 0, 0) == 1)
                Demand(prctl(DropBounding, (nuint)bit, 0, 0, 0), "limit");
        }
    }

    /// <summary>A program that a user other than root executes gets what is ambient, which has to be permitted and inheritable.</summary>
    public static void SetAmbient(Capabilities wanted)
    {
        Demand(prctl(Ambient, AmbientClearAll, 0, 0, 0), "clear");
        for (var bit = 0; bit < MostCapabilities; bit++)
        {
            if (wanted.HasFlag((Capabilities)(1UL << bit)))
                Demand(prctl(Ambient, AmbientRaise, (nuint)bit, 0, 0), "pass on");
        }
    }

    public static void ForbidNewPrivileges() => Demand(prctl(SetNoNewPrivileges, 1, 0, 0, 0), "fix");

    private static Capabilities Join(uint low, uint high) => (Capabilities)(low | (ulong)high << 32);

    private static uint Half(Capabilities set, int half) => (uint)((ulong)set >> 32 * half);

    private static void Demand(int result, string what)
    {
        if (result != 0)
            throw new PrivilegeException($"the kernel does not let this process {what} its capabilities: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public uint Version;
        public int Thread;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Data(uint Effective, uint Permitted, uint Inheritable);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capget(Header* header, Data* data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset(Header* header, Data* data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}

/// <summary>The kernel refuses a change of this process's rights; the message says which.</summary>
public sealed class PrivilegeException(string message) : Exception(message);
