using System.Net;
using TcpCopy.Cli.Commands;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Http;

/// <summary>Where the web page listens, and who reads it. The rule of nodes holds: beyond loopback nobody does without a token or a certificate.</summary>
internal static class PageSettings
{
    public static string Standard { get; } = $"{IPAddress.Loopback}:{HttpSettings.PagePort}";

    /// <param name="listen">Where; null: as the file says, or <see cref="Standard"/>.</param>
    /// <param name="file">HOCON with a section tcpcopy.http; null: none.</param>
    /// <exception cref="SettingsException">Something of it is wrong.</exception>
    /// <exception cref="HostException">It is to listen nowhere.</exception>
    public static HttpSettings Read(string? listen, string? file)
    {
        var standard = FlagsOf(Standard);
        var config = NodeConfig.Layer(FlagsOf(listen), file is null ? standard : ConfigFile.Load(file).WithFallback(standard));
        var settings = SettingsReader.ReadHttp(config);
        return settings.Listen is null ? throw new HostException("a page needs an address to listen on: give one with --http") : settings;
    }

    private static Akka.Configuration.Config FlagsOf(string? listen)
    {
        var flags = new FlagSettings();
        flags.Text("tcpcopy.http.listen", listen);
        return flags.ToConfig();
    }
}
