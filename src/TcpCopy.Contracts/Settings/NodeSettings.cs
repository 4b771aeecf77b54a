using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>A node's place in the cluster, section <c>tcpcopy.node</c>.</summary>
public sealed record NodeSettings
{
    public const int DefaultPort = 36524;

    /// <summary>Address to bind and announce; null: chosen at start (the host's only, or first global one).</summary>
    public HostAddress? Address { get; init; }

    /// <summary>0 lets the kernel choose (a copier's default: nobody needs to find it).</summary>
    public int Port { get; init; }

    /// <summary>Nodes to join, as endpoints; for a copier its interceptors. Host names are resolved by the reader.</summary>
    public IReadOnlyList<Endpoint> Seeds { get; init; } = [];

    /// <summary>Where the final figures go as JSON; null: nowhere.</summary>
    public string? SummaryFile { get; init; }
}

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

    /// <summary>Longest wait of a captured frame for others to be handed over with; whole milliseconds.</summary>
    public TimeSpan BlockWait { get; init; } = TimeSpan.FromMilliseconds(10);
}

/// <summary>How replicas are sent, section <c>tcpcopy.send</c>.</summary>
public sealed record SendSettings
{
    /// <summary>DSCP value 0-63 that marks a replica's packets.</summary>
    public byte Dscp { get; init; } = 0x2a;

    /// <summary>Route MTU towards the target in bytes; 0: the MTU of the device that the route names.</summary>
    public int Mtu { get; init; }

    /// <summary>One packet in so many is refused as a kernel in trouble would refuse it, for rehearsals; 0: none.</summary>
    public int RefuseOneIn { get; init; }
}

/// <summary>Everything a copier node is told.</summary>
public sealed record CopierSettings
{
    public required NodeSettings Node { get; init; }

    public required IReadOnlyList<Transfer> Transfers { get; init; }

    public required CaptureSettings Capture { get; init; }

    public required SendSettings Send { get; init; }

    public required SessionSettings Session { get; init; }

    /// <summary>How long a stopping copier waits for the target to acknowledge what was captured.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Most bytes that all sessions together may hold.</summary>
    public long MaxMemoryBytes { get; init; } = 1L << 30;

    /// <summary>Most of the machine's processor time that the node may take before it copies fewer sessions, above 0 and at most 1.</summary>
    public double MaxCpu { get; init; } = 0.5;

    /// <summary>Share of the clients' connections that is copied, 0 to 1.</summary>
    public double Sample { get; init; } = 1;

    /// <summary>Loops that the sessions are divided among.</summary>
    public int Shards { get; init; } = 1;
}

/// <summary>How replies are taken out of the network, section <c>tcpcopy.intercept</c>.</summary>
public sealed record InterceptorSettings
{
    public required NodeSettings Node { get; init; }

    /// <summary>Target ports served; empty: those that copiers announce.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>DSCP value 0-63 that tells replicas from real clients.</summary>
    public byte Dscp { get; init; } = 0x2a;

    /// <summary>Name of the sink device that swallows replies, at most 15 characters.</summary>
    public string SinkDevice { get; init; } = "tcpcopy0";

    /// <summary>Packet and connection mark of replies to replicas.</summary>
    public uint Mark { get; init; } = 0x7c90;

    /// <summary>Number of the routing table that leads to the sink.</summary>
    public int RoutingTable { get; init; } = 790;

    /// <summary>Kernel buffer of the tap in bytes.</summary>
    public int TapBufferBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a reply waits for the registration of its flow.</summary>
    public TimeSpan HoldReplies { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The clients' addresses are this host's own, as in a copy over loopback: the mark's rule goes before the local table.</summary>
    public bool LocalClients { get; init; }
}
