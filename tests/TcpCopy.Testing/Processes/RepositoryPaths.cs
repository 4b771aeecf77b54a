namespace TcpCopy.Testing.Processes;

/// <summary>Finds files of the repository from where the tests run.</summary>
public static class RepositoryPaths
{
    private static readonly Lazy<string> Root = new(FindRoot);

    /// <param name="path">Relative to the repository's root.</param>
    /// <returns>The absolute path.</returns>
    public static string At(string path) => Path.Combine(Root.Value, path);

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "TcpCopy.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new DirectoryNotFoundException($"no TcpCopy.sln above {AppContext.BaseDirectory}");
    }
}
