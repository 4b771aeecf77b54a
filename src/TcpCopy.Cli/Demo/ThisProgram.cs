namespace TcpCopy.Cli.Demo;

/// <summary>How to run this very program once more.</summary>
internal static class ThisProgram
{
    /// <summary>The executable: tcpcopy itself, or dotnet where that was given the assembly to run.</summary>
    public static string Path { get; } = Environment.ProcessPath ?? "/proc/self/exe";

    /// <summary>The words that this process was given.</summary>
    public static string[] Given { get; } = Environment.GetCommandLineArgs()[1..];

    /// <summary>What the executable must be given so that the program gets <paramref name="words"/>.</summary>
    public static string[] Words(string[] words) =>
        System.IO.Path.GetFileNameWithoutExtension(Path) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. words] : words;
}
