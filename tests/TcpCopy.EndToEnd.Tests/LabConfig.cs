using TcpCopy.Testing.Processes;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The files of config/ as they are shipped, but for the addresses and ports of their example.</summary>
internal static class LabConfig
{
    public const int FirstPort = 8080;
    public const int SecondPort = 8081;

    /// <summary>Writes the file into a directory of the test's.</summary>
    /// <returns>Its path there.</returns>
    public static string Write(ScratchDirectory scratch, string name) => scratch.Write(
        Path.GetFileName(name),
        File.ReadAllText(RepositoryPaths.At($"config/{name}"))
            .Replace("10.0.0.148", "10.77.0.3", StringComparison.Ordinal)
            .Replace("10.0.0.149", "10.77.0.4", StringComparison.Ordinal)
            .Replace("10.0.0.13", "10.77.0.2", StringComparison.Ordinal)
            .Replace("12321", $"{FirstPort}", StringComparison.Ordinal)
            .Replace("12322", $"{SecondPort}", StringComparison.Ordinal));
}
