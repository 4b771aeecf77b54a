using System.Text;
using Akka.Configuration;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Commands;

/// <summary>Collects what flags say as settings, so that flags and files are read and checked by the same code.</summary>
internal sealed class FlagSettings
{
    private readonly StringBuilder _hocon = new();

    /// <summary>Which flag sets which setting, for messages.</summary>
    public static IReadOnlyDictionary<string, string> FlagOf { get; } = new Dictionary<string, string>
    {
        ["tcpcopy.copier.transfers"] = "-x",
        ["tcpcopy.node.seeds"] = "-s",
        ["tcpcopy.node.address"] = "-b",
        ["tcpcopy.node.port"] = "-b",
        ["tcpcopy.node.summary-file"] = "--summary",
        ["tcpcopy.node.rules"] = "--rules",
        ["tcpcopy.capture.devices"] = "-i",
        ["tcpcopy.capture.extra-filter"] = "-F",
        ["tcpcopy.replicas.addresses"] = "-c",
        ["tcpcopy.replicas.own-ip"] = "--own-ip",
        ["tcpcopy.copier.compare"] = "--compare",
        ["tcpcopy.intercept.placement"] = "--placement",
        ["tcpcopy.intercept.select"] = "--select",
        ["tcpcopy.intercept.sink"] = "--sink",
        ["tcpcopy.intercept.clients"] = "-c",
        ["tcpcopy.intercept.ports"] = "-p",
        ["tcpcopy.node.log-format"] = "--log-format",
        ["tcpcopy.http.listen"] = "--http",
        ["akka.loglevel"] = "--log-level",
    };

    public Config ToConfig() => ConfigFile.Parse(_hocon.ToString(), "the command line");

    /// <summary>Sets a text where the flag was given.</summary>
    public void Text(string path, string? value)
    {
        if (value is not null)
            _hocon.Append(path).Append(" = ").AppendLine(Quote(value));
    }

    /// <summary>Sets a list where the flag was given, once or more; each value may hold several, separated by commas.</summary>
    public void List(string path, string[]? values)
    {
        if (values is not { Length: > 0 })
            return;
        var items = values.SelectMany(value => value.Split(',')).Select(item => Quote(item.Trim()));
        _hocon.Append(path).Append(" = [").AppendJoin(", ", items).AppendLine("]");
    }

    /// <summary>Sets address and port from "ADDR[:PORT]", IPv6 in brackets where a port follows.</summary>
    /// <exception cref="SettingsException">The port is none.</exception>
    public void Bind(string? value)
    {
        if (value is null)
            return;
        var colon = value.LastIndexOf(':');
        var hasPort = colon >= 0 && (value.StartsWith('[') ? value[..colon].EndsWith(']') : value.IndexOf(':', StringComparison.Ordinal) == colon);
        if (hasPort && Core.Traffic.TransferParser.PortFault(value[(colon + 1)..], out _) is { } fault)
            throw new SettingsException([new SettingError("tcpcopy.node.port", value, fault)]);
        Text("tcpcopy.node.address", (hasPort ? value[..colon] : value).Trim('[', ']'));
        if (hasPort)
            Text("tcpcopy.node.port", value[(colon + 1)..]);
    }

    /// <summary>Every error on a line, with the flag that sets the thing.</summary>
    public static string Describe(SettingsException error) => Describe(error, FlagOf);

    /// <param name="error">What is wrong.</param>
    /// <param name="flagOf">Which flag sets which setting.</param>
    public static string Describe(SettingsException error, IReadOnlyDictionary<string, string> flagOf) => string.Join(
        '\n',
        error.Errors.Select(fault => flagOf.TryGetValue(fault.Place, out var flag) ? $"{fault with { Place = $"{flag} ({fault.Place})" }}" : $"{fault}"));

    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in value)
        {
            if (letter is '"' or '\\')
                quoted.Append('\\').Append(letter);
            else if (char.IsControl(letter))
                quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                quoted.Append(letter);
        }
        return quoted.Append('"').ToString();
    }
}
