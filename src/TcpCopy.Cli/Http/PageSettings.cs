using System.Net;
using TcpCopy.Cli.Commands;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Http;

/// <summary>Where the web page listens, and who reads it. The rule of nodes holds: beyond loopback nobody does without a token or a certificate.</summary>
internal static class PageSettings
{
    private const string ListenPath = "tcpcopy.http.listen";

    public static string Standard { get; } = $"{IPAddress.Loopback}:{HttpSettings.PagePort}";

    /// <param name="flag">By which <paramref name="listen"/> is given.</param>
    /// <param name="listen">Where; null: as the file says, or <see cref="Standard"/>.</param>
    /// <param name="file">HOCON with a section tcpcopy.http; null: none.</param>
    /// <exception cref="HostException">Something of it is wrong, or it is to listen nowhere.</exception>
    public static HttpSettings Read(string flag, string? listen, string? file)
    {
        try
        {
            var standard = FlagsOf(Standard);
            var config = NodeConfig.Layer(FlagsOf(listen), file is null ? standard : ConfigFile.Load(file).WithFallback(standard));
            var settings = SettingsReader.ReadHttp(config);
            return settings.Listen is null ? throw new HostException($"a page needs an address to listen on: give one with {flag}") : settings;
        }
        catch (SettingsException error)
        {
            throw new HostException(FlagSettings.Describe(error, new Dictionary<string, string> { [ListenPath] = flag }));
        }
    }

    private static Akka.Configuration.Config FlagsOf(string? listen)
    {
        var flags = new FlagSettings();
        flags.Text(ListenPath, listen);
        return flags.ToConfig();
    }
}
