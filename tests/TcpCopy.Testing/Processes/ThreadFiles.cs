using System.Globalization;

namespace TcpCopy.Testing.Processes;

/// <summary>What the kernel says of each thread of a process, in /proc/PID/task.</summary>
public static class ThreadFiles
{
    /// <summary>The text of a file of every thread's. A thread that ends while it is looked at has none, nor has a process that has ended.</summary>
    /// <param name="process">Its process id.</param>
    /// <param name="name">Of the file: comm, status, children.</param>
    public static IReadOnlyList<string> Read(int process, string name) =>
        [.. UnlessGone(() => Directory.GetDirectories($"/proc/{process}/task"), []).Select(thread => TextOf(Path.Combine(thread, name))).OfType<string>()];

    /// <summary>The processes that a process has started and not asked for yet.</summary>
    public static IReadOnlyList<int> ChildrenOf(int process) =>
    [
        .. Read(process, "children").SelectMany(children => children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture)),
    ];

    private static string? TextOf(string path) => UnlessGone<string?>(() => File.ReadAllText(path), null);

    private static T UnlessGone<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
