using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>A node's place in the cluster, section <c>tcpcopy.node</c>.</summary>
public sealed record NodeSettings
{
    public const int DefaultPort = 36524;

    /// <summary>Address to bind and announce; null: chosen at start, the one used towards the first seed, else the host's only or first global one.</summary>
    public HostAddress? Address { get; init; }

    /// <summary>0 lets the kernel choose (a copier's default: nobody needs to find it).</summary>
    public int Port { get; init; }

    /// <summary>Nodes to join, as endpoints; for a copier its interceptors. Host names are resolved by the reader.</summary>
    public IReadOnlyList<Endpoint> Seeds { get; init; } = [];

    /// <summary>Where the final figures go as JSON; null: nowhere.</summary>
    public string? SummaryFile { get; init; }

    public LogFormat LogFormat { get; init; }

    public HttpSettings Http { get; init; } = new();

    /// <summary>Null: nodes talk in the clear, to whoever asks.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>Without TLS, too, a public address may be bound.</summary>
    public bool IsInsecureAllowed { get; init; }

    public RulesOwner Rules { get; init; }
}

/// <summary>Who installs and removes the rules that a node needs on its host.</summary>
public enum RulesOwner
{
    /// <summary>The node itself.</summary>
    Own,

    /// <summary>Somebody else has, with <c>tcpcopy rules apply</c>: the node changes nothing.</summary>
    Outside,
}

/// <summary>How nodes know each other, section <c>tcpcopy.tls</c>: three files in PEM form.</summary>
/// <param name="AuthorityFile">Certificates of the authorities whose nodes are believed.</param>
/// <param name="CertificateFile">This node's certificate, and behind it those between it and its authority.</param>
/// <param name="KeyFile">The certificate's private key, unencrypted.</param>
public sealed record TlsSettings(string AuthorityFile, string CertificateFile, string KeyFile);

/// <summary>How packets are captured, section <c>tcpcopy.capture</c>.</summary>
public sealed record CaptureSettings
{
    /// <summary>Device names; empty: the device that holds the online address.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>A pcap filter that further narrows what is captured; empty: none.</summary>
    public string ExtraFilter { get; init; } = "";

    /// <summary>Most bytes kept of a frame.</summary>
    public int SnapLength { get; init; } = 262_144;

    /// <summary>Kernel buffer of each device in bytes.</summary>
    public int BufferBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Frames for other hosts are captured, too: at a switch's mirror port.</summary>
    public bool Promiscuous { get; init; }

    /// <summary>Longest wait of a captured frame for others to be handed over with; whole milliseconds.</summary>
    public TimeSpan BlockWait { get; init; } = TimeSpan.FromMilliseconds(10);
}

/// <summary>How replicas are sent, section <c>tcpcopy.send</c>.</summary>
public sealed record SendSettings
{
    /// <summary>DSCP value 1-63 that marks a replica's packets.</summary>
    public byte Dscp { get; init; } = 0x2a;

    /// <summary>Connection tracking passes over the packets of replicas.</summary>
    public bool Untracked { get; init; } = true;

    /// <summary>Where packets are handed to the kernel.</summary>
    public SendLayer Layer { get; init; }

    /// <summary>Route MTU towards the target in bytes; 0: the MTU of the device that the route names.</summary>
    public int Mtu { get; init; }

    /// <summary>One packet in so many is refused as a kernel in trouble would refuse it, for rehearsals; 0: none.</summary>
    public int RefuseOneIn { get; init; }
}

/// <summary>Where the copier hands its packets to the kernel.</summary>
public enum SendLayer
{
    /// <summary>To IP: routing, output rules and the device's queue see them as any other packet.</summary>
    Ip,

    /// <summary>To the device, past all of these, where the next hop's hardware address is known; else to IP.</summary>
    Link,
}

/// <summary>From which addresses and ports replicas come, section <c>tcpcopy.replicas</c>.</summary>
public sealed record ReplicaSettings
{
    /// <summary>In place of the clients' own; empty: those.</summary>
    public IReadOnlyList<AddressRange> Addresses { get; init; } = [];

    /// <summary>From this host's own address; then <see cref="Addresses"/> is empty.</summary>
    public bool OwnIp { get; init; }

    /// <summary>Of replicas whose addresses are not their clients'.</summary>
    public PortRange Ports { get; init; } = new(1024, 65_535);
}

/// <summary>Everything a copier node is told.</summary>
public sealed record CopierSettings
{
    public required NodeSettings Node { get; init; }

    public required IReadOnlyList<Transfer> Transfers { get; init; }

    public required CaptureSettings Capture { get; init; }

    public required SendSettings Send { get; init; }

    public required SessionSettings Session { get; init; }

    public ReplicaSettings Replicas { get; init; } = new();

    /// <summary>How long a stopping copier waits for the target to acknowledge what was captured.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Most bytes that all sessions together may hold.</summary>
    public long MaxMemoryBytes { get; init; } = 1L << 30;

    /// <summary>Most of the machine's processor time that the node may take before it copies fewer sessions, above 0 and at most 1.</summary>
    public double MaxCpu { get; init; } = 0.5;

    /// <summary>Share of the clients' connections that is copied, 0 to 1.</summary>
    public double Sample { get; init; } = 1;

    /// <summary>What the online host answers is captured, too, and held against what the target answers.</summary>
    public bool Compare { get; init; }

    /// <summary>The only online ports that transfers may name; empty: any.</summary>
    public IReadOnlyList<ushort> AllowedPorts { get; init; } = [];

    /// <summary>Loops that the sessions are divided among.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Name of the group of copiers that see the same connections and divide them; empty: this one sees its own.</summary>
    public string SplitGroup { get; init; } = "";

    /// <summary>When no more replicas are opened because replies escape.</summary>
    public EscapeSettings Escape { get; init; } = new();
}

/// <summary>Where an interceptor is on the replies' way.</summary>
public enum InterceptorPlacement : byte
{
    /// <summary>On the target's host.</summary>
    Target,

    /// <summary>On a third host, to which the target routes its clients.</summary>
    Assistant,
}

/// <summary>What swallows replies on the target's host.</summary>
public enum ReplySinkKind
{
    /// <summary>A device, to which a policy rule or a route leads them.</summary>
    Device,

    /// <summary>One of the kernel's packet queues, where policy routing is not allowed.</summary>
    Queue,
}

/// <summary>How replies are taken out of the network, section <c>tcpcopy.intercept</c>.</summary>
public sealed record InterceptorSettings
{
    public required NodeSettings Node { get; init; }

    public InterceptorPlacement Placement { get; init; }

    /// <summary>Whether the node changes its host's rules; an assistant has none.</summary>
    public bool ChangesRules => Placement == InterceptorPlacement.Target && Node.Rules == RulesOwner.Own;

    public ReplicaSelection Select { get; init; }

    /// <summary>Ranges that replicas come from; empty: any.</summary>
    public IReadOnlyList<AddressRange> Clients { get; init; } = [];

    /// <summary>Addresses of targets whose replies come here, besides the host's own.</summary>
    public IReadOnlyList<HostAddress> Targets { get; init; } = [];

    /// <summary>Of an assistant; null: the device that holds the node's address.</summary>
    public string? TapDevice { get; init; }

    /// <summary>Target ports served; empty: those that copiers announce.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>The only targets that copiers may announce; empty: any.</summary>
    public IReadOnlyList<AllowedTarget> AllowedTargets { get; init; } = [];

    /// <summary>DSCP value 1-63 that tells replicas from real clients.</summary>
    public byte Dscp { get; init; } = 0x2a;

    /// <summary>What swallows replies.</summary>
    public ReplySinkKind Sink { get; init; }

    /// <summary>Number of the queue, with <see cref="ReplySinkKind.Queue"/>.</summary>
    public ushort QueueNumber { get; init; } = 790;

    /// <summary>Name of the sink device that swallows replies, at most 15 characters.</summary>
    public string SinkDevice { get; init; } = "tcpcopy0";

    /// <summary>Packet and connection mark of replies to replicas.</summary>
    public uint Mark { get; init; } = 0x7c90;

    /// <summary>Number of the routing table that leads to the sink.</summary>
    public int RoutingTable { get; init; } = 790;

    /// <summary>Kernel buffer of the tap in bytes.</summary>
    public int TapBufferBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a reply waits for the registration of its flow.</summary>
    public TimeSpan HoldReplies { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>At its end the interceptor leaves device, routes and rules as they are, for the one that follows it.</summary>
    public bool LeaveRules { get; init; }

    /// <summary>How long nothing may be heard of a copier before its replicas are reset and forgotten.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The clients' addresses are this host's own, as in a copy over loopback: the mark's rule goes before the local table.</summary>
    public bool LocalClients { get; init; }
}
