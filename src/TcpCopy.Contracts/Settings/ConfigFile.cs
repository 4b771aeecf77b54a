using Akka.Configuration;

namespace TcpCopy.Contracts.Settings;

/// <summary>Reads HOCON files.</summary>
public static class ConfigFile
{
    /// <summary>The file's settings alone; defaults are layered beneath by <see cref="NodeConfig.Layer"/>.</summary>
    /// <exception cref="SettingsException">The file cannot be read, or is not HOCON: says path, line and reason.</exception>
    public static Config Load(string path) => Parse(Read(path), path);

    /// <summary>Parses <paramref name="text"/>; <paramref name="source"/> is what errors call it.</summary>
    /// <exception cref="SettingsException">Not HOCON: says source, line and reason.</exception>
    public static Config Parse(string text, string source)
    {
        if (HoconSyntax.FirstFault(text) is var (line, reason))
            throw Fault($"{source} line {line}", reason);
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception e) when (e is FormatException or ConfigurationException or InvalidOperationException)
        {
            throw Fault(source, e.Message.ReplaceLineEndings(" "), e);
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fault(path, "there is no such file; give the path of a HOCON file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Fault(path, $"cannot be read ({e.Message})", e);
        }
    }

    private static SettingsException Fault(string place, string reason, Exception? inner = null) =>
        new([new SettingError(place, null, reason)], inner);
}
