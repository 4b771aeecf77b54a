using System.Text.RegularExpressions;

namespace TcpCopy.Tidy.Tests.Rules;

/// <summary>Where things are, and what goes with what.</summary>
internal static partial class LayoutRules
{
    private static readonly HashSet<string> TopLevel =
        ["src", "tests", "config", "scripts", "TcpCopy.sln", "README.md", "CHANGELOG.md", "LICENSE", "global.json"];

    [GeneratedRegex("^set -euo pipefail$", RegexOptions.Multiline)]
    private static partial Regex StrictMode();

    public static IEnumerable<Finding> TopLevelEntries(IEnumerable<string> names) =>
        names.Where(name => !TopLevel.Contains(name) && name[0] != '.' && !name.EndsWith(".props", StringComparison.Ordinal))
            .Select(name => new Finding(name, 1, "does not belong at the top level"));

    public static IEnumerable<Finding> Script(string path, string text, UnixFileMode mode)
    {
        if (!mode.HasFlag(UnixFileMode.UserExecute))
            yield return new Finding(path, 1, "is not executable");
        if (!text.StartsWith("#!/usr/bin/env bash\n", StringComparison.Ordinal))
            yield return new Finding(path, 1, "does not begin with #!/usr/bin/env bash");
        if (!StrictMode().IsMatch(text))
            yield return new Finding(path, 1, "does not say: set -euo pipefail");
    }

    public static IEnumerable<Finding> MissingTestProjects(IEnumerable<string> sources, IEnumerable<string> tests) =>
        sources.Select(name => name + ".Tests").Except(tests)
            .Select(name => new Finding($"tests/{name}", 1, "every project of src has its test project"));

    public static IEnumerable<Finding> ProjectsOutsideTheSolution(IEnumerable<ProjectFile> projects, string solution) =>
        projects.Where(project => !solution.Contains(project.Path.Replace('/', '\\'), StringComparison.Ordinal))
            .Select(project => new Finding(project.Path, 1, "is not in TcpCopy.sln"));

    public static IEnumerable<Finding> MissingLockFiles(IEnumerable<ProjectFile> projects, IReadOnlyCollection<string> files) =>
        projects.Where(project => !files.Contains($"{project.Directory}/packages.lock.json"))
            .Select(project => new Finding(project.Path, 1, "has no packages.lock.json beside it"));

    /// <summary>Projects of src that have no row in the map, and their folders that their own row does not name.</summary>
    public static IEnumerable<Finding> MissingFromTheMap(string map, IEnumerable<string> sourcePaths)
    {
        var rows = map.Split('\n').ToLookup(line => line.StartsWith("| `", StringComparison.Ordinal) ? line.Split('`')[1] : "");
        return sourcePaths.Select(path => path.Split('/')).Where(parts => parts.Length > 2)
            .Select(parts => (Project: parts[1], Name: parts.Length > 3 ? parts[2] + "/" : parts[1]))
            .Distinct()
            .Where(place => !rows[place.Project].Any(row => row.Contains($"`{place.Name}`", StringComparison.Ordinal)))
            .Select(place => new Finding("src/ARCHITECTURE.md", 1, $"does not name {place.Name} in the row of {place.Project}"));
    }
}
