using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>Reads the section <c>tcpcopy.http</c>.</summary>
internal static class HttpSettingsReader
{
    private const string Off = "off";

    public static HttpSettings Read(SettingsSection section)
    {
        var settings = new HttpSettings
        {
            Listen = ReadListen(section),
            TokenFile = File(section, "token-file"),
            CertificateFile = File(section, "certificate"),
            KeyFile = File(section, "key"),
            ClientAuthorityFile = File(section, "client-ca"),
        };
        if ((settings.CertificateFile is null) != (settings.KeyFile is null))
            section.Wrong<string>(settings.KeyFile is null ? "key" : "certificate", "certificate and key go together: give both, or none");
        if (settings.ClientAuthorityFile is not null && settings.CertificateFile is null)
            section.Wrong<string>("certificate", "client-ca asks for HTTPS: give certificate and key, too");
        if (settings.Listen is { Address.IsLoopback: false } && settings.TokenFile is null && settings.ClientAuthorityFile is null)
            section.Wrong<string>(
                "listen",
                "beyond loopback everybody could read it: set tcpcopy.http.token-file, or client-ca with certificate and key, or listen on 127.0.0.1");
        return settings;
    }

    private static Endpoint? ReadListen(SettingsSection section)
    {
        var text = section.Text("listen");
        // HOCON reads a bare off as the switch that it looks like.
        if (text is Off or "false" or "no")
            return null;
        return TransferParser.TryParseEndpoint(text, out var listen, out var fault)
            ? listen
            : section.Wrong<Endpoint?>("listen", $"{fault}, or off");
    }

    private static string? File(SettingsSection section, string name) => section.Text(name) is { Length: > 0 } file ? file : null;
}
