using TcpCopy.Testing.Processes;

namespace TcpCopy.Tidy.Tests;

/// <summary>The project's own files, found from where the tests run.</summary>
internal sealed class Repository
{
    private static readonly HashSet<string> Ignored = [".git", "bin", "obj", "artifacts", "TestResults", ".vs", ".idea"];

    public static readonly Repository Instance = new(RepositoryPaths.At(""));

    private Repository(string root)
    {
        Root = root;
        Files = [.. Walk(root).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal)];
    }

    public string Root { get; }

    /// <summary>Every file that is not a build product, relative to <see cref="Root"/> with '/' between parts.</summary>
    public IReadOnlyList<string> Files { get; }

    public IEnumerable<string> TopLevelEntries =>
        Directory.EnumerateFileSystemEntries(Root).Select(path => Path.GetFileName(path)).Where(name => !Ignored.Contains(name));

    public IEnumerable<SourceFile> Sources(string under) =>
        Files.Where(path => path.StartsWith(under + "/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => new SourceFile(path, Read(path)));

    public IEnumerable<SourceFile> AllSources => Sources("src").Concat(Sources("tests"));

    /// <summary>What pages are made of. Only rules of lines read them: they are no C#.</summary>
    public IEnumerable<SourceFile> Pages =>
        Files.Where(path => Path.GetExtension(path) is ".razor" or ".css").Select(path => new SourceFile(path, Read(path)));

    public IEnumerable<ProjectFile> Projects(string under) =>
        Files.Where(path => path.StartsWith(under + "/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(path => new ProjectFile(path, Read(path)));

    public string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory))
            yield return file;
        foreach (var child in Directory.EnumerateDirectories(directory).Where(path => !Ignored.Contains(Path.GetFileName(path))))
        {
            foreach (var file in Walk(child))
                yield return file;
        }
    }
}
