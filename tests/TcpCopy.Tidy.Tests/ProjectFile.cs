using System.Xml.Linq;

namespace TcpCopy.Tidy.Tests;

/// <summary>What a .csproj says about what the project may use.</summary>
internal sealed class ProjectFile
{
    public ProjectFile(string path, string text)
    {
        Path = path;
        var root = XDocument.Parse(text).Root!;
        References = [.. Includes(root, "ProjectReference").Select(include => System.IO.Path.GetFileNameWithoutExtension(include))];
        Packages = [.. Includes(root, "PackageReference")];
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public string Directory => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Names of the projects referred to.</summary>
    public IReadOnlyList<string> References { get; }

    public IReadOnlyList<string> Packages { get; }

    private static IEnumerable<string> Includes(XElement root, string element) =>
        root.Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>();
}
