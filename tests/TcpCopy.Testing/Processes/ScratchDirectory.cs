namespace TcpCopy.Testing.Processes;

/// <summary>A directory of a test's own, removed with everything in it.</summary>
public sealed class ScratchDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("tcpcopy-test-").FullName;

    public string At(string name) => Path.Combine(Root, name);

    /// <returns>The absolute path of the file written.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <summary>Copies a directory to where every user may read it.</summary>
    /// <param name="from">The directory.</param>
    /// <param name="name">What the copy is called.</param>
    public void CopyForAll(string from, string name)
    {
        Directory.CreateDirectory(At(name));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(At(name), Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        OpenToAll();
    }

    /// <summary>Lets every user read and write files here.</summary>
    public void OpenToAll()
    {
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(Root, (UnixFileMode)0b111_111_111);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
