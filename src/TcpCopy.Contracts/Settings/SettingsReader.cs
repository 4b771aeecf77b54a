using Akka.Configuration;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>
/// Makes typed settings of a configuration. Either everything is right, or one <see cref="SettingsException"/> lists all that is not:
/// unknown names, wrong types, values out of range, hosts that cannot be resolved.
/// </summary>
public static class SettingsReader
{
    private const int MaxPort = 65_535;

    // 0 marks nothing: it is what ordinary traffic carries.
    private const byte MinDscp = 1;
    private const byte MaxDscp = 63;
    private const int MaxDeviceName = 15;
    private const long LeastMemory = 1 << 20;
    private const long MostAutoMemory = 1 << 30;
    private const int MaxShards = 64;
    private const int MaxEscapeCount = 100_000;
    private const int MostAutoShards = 4;

    // 253 to 255 are the kernel's own: default, main and local.
    private const int FirstReservedTable = 253;
    private const int LastReservedTable = 255;

    /// <param name="config">Layered as by <see cref="NodeConfig.Layer"/>.</param>
    /// <param name="resolve">Null: the system's resolver.</param>
    /// <exception cref="SettingsException">Lists all errors.</exception>
    public static CopierSettings ReadCopier(Config config, HostResolver? resolve = null)
    {
        var errors = Check(config);
        var settings = new CopierSettings
        {
            Node = SecurityReader.ReadTls(Section("tls"), ReadNode(Section, 0, resolve, errors)),
            AllowedPorts = ReadPorts(Section("copier"), "allowed-ports"),
            Transfers = ReadTransfers(Section("copier")),
            Capture = ReadCapture(Section("capture")),
            Send = ReadSend(Section("send")),
            Session = SessionSettingsReader.Read(Section("session")),
            Replicas = ReplicaSettingsReader.Read(Section("replicas")),
            StopGrace = Section("copier").Duration("stop-grace", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            MaxMemoryBytes = Section("copier").SizeOrAuto("max-memory", LeastMemory) ?? AutoMemory(),
            MaxCpu = Section("copier").Percent("max-cpu", 1),
            Sample = Section("copier").Percent("sample", 0),
            Compare = Section("copier").Switch("compare"),
            Shards = (int)(Section("copier").WholeOrAuto("shards", 1, MaxShards) ?? AutoShards()),
            SplitGroup = ReadGroup(Section("copier")),
            Escape = ReadEscape(Section("escape")),
        };
        if (Section("node").List("seeds").Count == 0 && !settings.Replicas.OwnIp)
            Section("node").Wrong<string>("seeds", "say where the interceptor is: host[:port]");
        if (settings.Replicas.OwnIp && settings.Node.Rules == RulesOwner.Outside)
            Section("node").Wrong<string>("rules", "with own-ip the copier makes its rules itself, for as long as it runs: leave one of the two out");
        SecurityReader.DemandAllowed(Section("copier"), settings);
        return errors.Count == 0 ? settings : throw new SettingsException(errors);

        SettingsSection Section(string name) => new(config, $"tcpcopy.{name}", errors);
    }

    /// <inheritdoc cref="ReadCopier"/>
    public static InterceptorSettings ReadInterceptor(Config config, HostResolver? resolve = null)
    {
        var errors = Check(config);
        var node = SecurityReader.ReadTls(Section("tls"), ReadNode(Section, NodeSettings.DefaultPort, resolve, errors));
        var section = Section("intercept");
        var settings = PlacementSettingsReader.AddTo(ReadIntercept(section, node), section);
        return errors.Count == 0 ? settings : throw new SettingsException(errors);

        SettingsSection Section(string name) => new(config, $"tcpcopy.{name}", errors);
    }

    /// <summary>The section <c>tcpcopy.http</c> alone, of a process that is no node.</summary>
    /// <exception cref="SettingsException">Lists all errors.</exception>
    public static HttpSettings ReadHttp(Config config)
    {
        var errors = Check(config);
        var settings = HttpSettingsReader.Read(new SettingsSection(config, "tcpcopy.http", errors));
        return errors.Count == 0 ? settings : throw new SettingsException(errors);
    }

    /// <summary>A quarter of what this process may use of the machine.</summary>
    private static long AutoMemory() => Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, MostAutoMemory);

    /// <summary>A core for every four: the others are production's.</summary>
    private static int AutoShards() => Math.Clamp(Environment.ProcessorCount / 4, 1, MostAutoShards);

    private static List<SettingError> Check(Config config)
    {
        var errors = new List<SettingError>();
        UnknownSettings.Find(config, NodeConfig.Reference, "tcpcopy", errors);
        return errors;
    }

    private static NodeSettings ReadNode(
        Func<string, SettingsSection> sectionOf, int autoPort, HostResolver? resolve, List<SettingError> errors)
    {
        var section = sectionOf("node");
        var address = section.Text("address");
        HostAddress? announced = null;
        if (HostAddress.TryParse(address, out var parsed) && !parsed.IsAny)
            announced = parsed;
        else if (!SettingsSection.IsAuto(address))
            section.Wrong<string>("address", "give one of this host's addresses (the others must reach it), or auto");
        var seeds = new List<Endpoint>();
        foreach (var seed in section.List("seeds"))
        {
            var (endpoint, fault) = NodeEndpoint.Read(seed, resolve ?? NodeEndpoint.Resolve);
            if (fault is null)
                seeds.Add(endpoint);
            else
                errors.Add(new SettingError(section.PathOf("seeds"), seed, fault));
        }
        var file = section.Text("summary-file");
        return new NodeSettings
        {
            Address = announced,
            Port = (int)(section.WholeOrAuto("port", 0, MaxPort) ?? autoPort),
            Seeds = seeds,
            SummaryFile = file.Length == 0 ? null : file,
            Rules = section.OneOf<RulesOwner>("rules"),
            LogFormat = section.OneOf<LogFormat>("log-format"),
            Http = HttpSettingsReader.Read(sectionOf("http")),
        };
    }

    private static List<Transfer> ReadTransfers(SettingsSection section)
    {
        var transfers = new List<Transfer>();
        var given = section.List("transfers");
        foreach (var text in given)
        {
            try
            {
                transfers.AddRange(TransferParser.Parse(text));
            }
            catch (FormatException e)
            {
                section.Wrong<string>("transfers", text, e.Message);
            }
        }
        if (given.Count == 0)
            section.Wrong<string>("transfers", $"say what is to be copied: {TransferParser.Form}");
        return transfers;
    }

    private static CaptureSettings ReadCapture(SettingsSection section) => new()
    {
        Devices = section.List("devices"),
        ExtraFilter = section.Text("extra-filter"),
        SnapLength = section.Size("snap-length", 128, 262_144),
        BufferBytes = section.Size("buffer", 64 * 1024, 1L << 30),
        Promiscuous = section.Switch("promiscuous"),
        BlockWait = section.Duration("block-wait", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1)),
    };

    /// <summary>It becomes part of a cluster role's name.</summary>
    private static string ReadGroup(SettingsSection section)
    {
        var name = section.Text("split-group");
        return name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? name
            : section.Wrong<string>("split-group", "give a name of letters, digits, '-' and '_'") ?? "";
    }

    private static EscapeSettings ReadEscape(SettingsSection section) => new()
    {
        ClientResets = (int)section.Whole("client-resets", 0, MaxEscapeCount),
        SilentReplicas = (int)section.Whole("silent-replicas", 0, MaxEscapeCount),
        Silence = section.Duration("silence", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        ProbeInterval = section.Duration("probe-interval", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
    };

    private static SendSettings ReadSend(SettingsSection section) => new()
    {
        Dscp = (byte)section.Whole("dscp", MinDscp, MaxDscp),
        Untracked = section.Switch("notrack"),
        Layer = section.OneOf<SendLayer>("layer"),
        // 68 bytes is the least MTU of IPv4 (RFC 791); nothing below could carry a full header.
        Mtu = (int)(section.WholeOrAuto("mtu", 68, MaxPort) ?? 0),
        RefuseOneIn = (int)section.Whole("refuse-one-in", 0, int.MaxValue),
    };

    private static InterceptorSettings ReadIntercept(SettingsSection section, NodeSettings node)
    {
        var table = section.Whole("routing-table", 1, int.MaxValue);
        if (table is >= FirstReservedTable and <= LastReservedTable)
            section.Wrong<int>("routing-table", "253 to 255 are the kernel's own tables; give another number");
        var device = section.Text("sink-device");
        if (device.Length is 0 or > MaxDeviceName || device is "." or ".." || !device.All(IsDeviceLetter))
            section.Wrong<string>("sink-device", $"give a name of 1 to {MaxDeviceName} letters, digits, '-', '_' or '.'");
        return new InterceptorSettings
        {
            Node = node,
            Ports = ReadPorts(section, "ports"),
            AllowedTargets = SecurityReader.ReadTargets(section),
            Dscp = (byte)section.Whole("dscp", MinDscp, MaxDscp),
            Sink = section.OneOf<ReplySinkKind>("sink"),
            QueueNumber = (ushort)section.Whole("queue-number", 0, ushort.MaxValue),
            SinkDevice = device,
            Mark = (uint)section.Whole("mark", 1, uint.MaxValue),
            RoutingTable = (int)table,
            TapBufferBytes = section.Size("tap-buffer", 64 * 1024, 1L << 30),
            HoldReplies = section.Duration("hold-replies", TimeSpan.Zero, TimeSpan.FromSeconds(10)),
            LeaveRules = section.Switch("leave-rules"),
            ForgetAfter = section.Duration("forget-after", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            LocalClients = section.Switch("local-clients"),
        };
    }

    private static List<ushort> ReadPorts(SettingsSection section, string name)
    {
        var ports = new List<ushort>();
        foreach (var text in section.List(name))
        {
            if (TransferParser.PortFault(text, out var port) is { } fault)
                section.Wrong<string>(name, text, fault);
            else if (!ports.Contains(port))
                ports.Add(port);
        }
        return ports;
    }

    private static bool IsDeviceLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';
}
