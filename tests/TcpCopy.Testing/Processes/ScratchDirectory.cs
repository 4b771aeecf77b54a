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

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
