using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Views;

/// <summary>Where a node's final figures go.</summary>
internal static class SummaryFile
{
    /// <summary>At the end of a long run it is too late to find out.</summary>
    /// <exception cref="HostException">There is no such directory, or it is not to be written into.</exception>
    public static void DemandWritable(string path)
    {
        try
        {
            if (Resolve(path) is not { } file)
                return;
            var draft = DraftOf(file);
            File.WriteAllText(draft, "");
            File.Delete(draft);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"--summary {path} cannot be written ({error.Message}): name a file in a directory that this user may write into");
        }
    }

    /// <summary>Writes beside the file and moves it there, so that a reader sees all of it or the old one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string json)
    {
        if (Resolve(path) is not { } file)
        {
            File.WriteAllText(path, json + "\n");
            return;
        }
        var draft = DraftOf(file);
        File.WriteAllText(draft, json + "\n");
        File.Move(draft, file, overwrite: true);
    }

    private static string DraftOf(string file) => $"{file}.{Environment.ProcessId}.new";

    /// <summary>What a link leads to: the link stays. Null: a device. That must not be replaced by a file: root's /dev/stdout is the whole host's.</summary>
    private static string? Resolve(string path)
    {
        if (IsDevice(path))
            return null;
        var file = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        return IsDevice(file) ? null : file;
    }

    private static bool IsDevice(string path) => Path.GetFullPath(path).Split('/')[1] is "dev" or "proc";
}
