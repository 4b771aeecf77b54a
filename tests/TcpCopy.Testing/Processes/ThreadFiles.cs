namespace TcpCopy.Testing.Processes;

/// <summary>What the kernel says of each thread of a process, in /proc/PID/task.</summary>
public static class ThreadFiles
{
    /// <summary>The text of a file of every thread's. One that ends while it is looked at has none.</summary>
    /// <param name="process">Its process id.</param>
    /// <param name="name">Of the file: comm, status, children.</param>
    public static IReadOnlyList<string> Read(int process, string name) =>
        [.. Directory.GetDirectories($"/proc/{process}/task").Select(thread => TextOf(Path.Combine(thread, name))).OfType<string>()];

    private static string? TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
