using System.Text;
using Akka.Configuration;

namespace TcpCopy.Contracts.Settings;

/// <summary>The layers of a node's configuration: flags win over the file, the file over the embedded <c>reference.conf</c>.</summary>
public static class NodeConfig
{
    private static readonly Lazy<string> EmbeddedText = new(ReadEmbedded);
    private static readonly Lazy<Config> Embedded = new(() => ConfigFile.Parse(ReferenceText, "reference.conf"));

    /// <summary>The embedded file, comments and all.</summary>
    public static string ReferenceText => EmbeddedText.Value;

    /// <summary>Every setting with its default.</summary>
    public static Config Reference => Embedded.Value;

    /// <param name="flags">From the command line; null: none.</param>
    /// <param name="file">From <see cref="ConfigFile.Load"/>; null: none.</param>
    public static Config Layer(Config? flags, Config? file)
    {
        var config = Reference;
        if (file is not null)
            config = file.WithFallback(config);
        return flags is null ? config : flags.WithFallback(config);
    }

    private static string ReadEmbedded()
    {
        using var stream = typeof(NodeConfig).Assembly.GetManifestResourceStream("TcpCopy.Contracts.Settings.reference.conf")
            ?? throw new InvalidOperationException("the assembly was built without its reference.conf");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
