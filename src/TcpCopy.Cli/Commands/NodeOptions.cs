using System.CommandLine;
using Akka.Configuration;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Commands;

/// <summary>The options of node verbs.</summary>
internal static class NodeOptions
{
    private static readonly string[] LogLevels = ["debug", "info", "warning", "error", "off"];

    public static readonly Option<string[]> Transfers = new("--transfers", "-x")
    {
        Description = "What to copy: [onlineIP:]port-targetIP:port[,...], IPv6 in brackets",
        HelpName = "TRANSFER",
    };

    public static readonly Option<string[]> Seeds = new("--seeds", "-s")
    {
        Description = "Interceptors to link to: host[:port][,...], port 36524 when left out",
        HelpName = "HOST[:PORT]",
    };

    public static readonly Option<string[]> Devices = new("--device", "-i")
    {
        Description = "Device to capture on; several allowed. Default: the one that holds the online address",
        HelpName = "DEVICE",
    };

    public static readonly Option<string> Filter = new("--filter", "-F")
    {
        Description = "A pcap filter that further narrows what is captured",
        HelpName = "EXPRESSION",
    };

    public static readonly Option<string[]> ReplicaAddresses = new("--client-addresses", "-c")
    {
        Description = "Send replicas from these addresses in place of the clients' own: address or range[,...], as 198.18.0.0/16",
        HelpName = "RANGE",
    };

    public static readonly Option<bool> Compare = new("--compare")
    {
        Description = "Hold what the target answers against what the online host answers, for 'tcpcopy report'",
    };

    public static readonly Option<bool> OwnIp = new("--own-ip")
    {
        Description = "Send replicas from this host's own address and take the target's answers here: no interceptor, for clouds",
    };

    public static readonly Option<string[]> Ports = new("--ports", "-p")
    {
        Description = "Target ports to serve: port[,...]. Default: those that copiers announce",
        HelpName = "PORT",
    };

    public static readonly Option<string> Placement = new("--placement")
    {
        Description = "Where this is: target (its own host, the default) or assistant (a host to which the target routes its clients)",
        HelpName = "PLACE",
    };

    public static readonly Option<string> Select = new("--select")
    {
        Description = "How replicas are told from real clients: dscp (default), clients (by -c) or port (all of it is taken)",
        HelpName = "WAY",
    };

    public static readonly Option<string> Sink = new("--sink")
    {
        Description = "What swallows replies: device (default), or queue where policy routing is not allowed (NFQUEUE, by iptables)",
        HelpName = "KIND",
    };

    public static readonly Option<string[]> Clients = new("--client-addresses", "-c")
    {
        Description = "Where replicas come from (-c of the copiers): address or range[,...], for --select clients and assistants",
        HelpName = "RANGE",
    };

    public static readonly Option<string> Bind = new("--bind", "-b")
    {
        Description = "Address to announce and bind, as the other nodes reach it. Default: the one that this host uses towards its first seed",
        HelpName = "ADDR[:PORT]",
    };

    public static readonly Option<string> ConfigPath = new("--config")
    {
        Description = "HOCON file with settings; flags win over it, it wins over the defaults",
        HelpName = "FILE",
    };

    public static readonly Option<string> SummaryPath = new("--summary")
    {
        Description = "Write the final figures to this file as JSON",
        HelpName = "FILE",
    };

    public static readonly Option<string> Rules = new("--rules")
    {
        Description = "Who installs this host's rules: own (the node, which also removes them), or outside (tcpcopy rules apply)",
        HelpName = "OWNER",
    };

    public static readonly Option<string> Http = new("--http")
    {
        Description = "Where metrics, health and API are served, or off. Default: 127.0.0.1:9636",
        HelpName = "ADDR:PORT",
    };

    public static readonly Option<string> LogFormat = new("--log-format")
    {
        Description = "What a log line looks like: text, json",
        HelpName = "FORMAT",
    };

    public static readonly Option<string> LogLevel = MakeLogLevel();

    /// <summary>Of a node that is a part of the demo; not for people.</summary>
    public static readonly Option<bool> UntilInputEnds = new("--until-input-ends") { Hidden = true };

    public static readonly Option[] OfEveryNode = [Bind, ConfigPath, Http, SummaryPath, Rules, LogLevel, LogFormat, UntilInputEnds];

    /// <summary>Flags over file over reference.</summary>
    /// <exception cref="SettingsException">A flag or the file cannot be read.</exception>
    public static Config Layer(ParseResult words, Action<FlagSettings> addOwn)
    {
        var flags = new FlagSettings();
        flags.Bind(words.GetValue(Bind));
        flags.Text("tcpcopy.node.summary-file", FullPath(words.GetValue(SummaryPath)));
        flags.Text("tcpcopy.node.rules", words.GetValue(Rules));
        flags.Text("tcpcopy.http.listen", words.GetValue(Http));
        flags.Text("tcpcopy.node.log-format", words.GetValue(LogFormat));
        flags.Text("akka.loglevel", words.GetValue(LogLevel)?.ToUpperInvariant());
        addOwn(flags);
        var file = words.GetValue(ConfigPath) is { } path ? ConfigFile.Load(path) : null;
        return NodeConfig.Layer(flags.ToConfig(), file);
    }

    private static string? FullPath(string? path) => string.IsNullOrEmpty(path) ? path : Path.GetFullPath(path);

    private static Option<string> MakeLogLevel()
    {
        var option = new Option<string>("--log-level")
        {
            Description = $"How much is logged to stderr: {string.Join(", ", LogLevels)}",
            HelpName = "LEVEL",
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } level && !LogLevels.Contains(level.ToLowerInvariant()))
                result.AddError($"--log-level {level}: give one of {string.Join(", ", LogLevels)}");
        });
        return option;
    }
}
