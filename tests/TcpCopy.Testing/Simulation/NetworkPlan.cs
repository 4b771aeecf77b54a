using TcpCopy.Core.Session;

namespace TcpCopy.Testing.Simulation;

/// <summary>One request and what both servers answer to it, in bytes.</summary>
/// <param name="Request">Client bytes; 0 for a server that speaks first.</param>
/// <param name="OnlineAnswer">What the online host answered; 0 when the client did not wait for an answer.</param>
/// <param name="TargetAnswer">What the target answers.</param>
public readonly record struct Exchange(int Request, int OnlineAnswer, int TargetAnswer);

/// <summary>How the client ends.</summary>
public enum ClientEnding
{
    Fin,

    /// <summary>The FIN is on the last data.</summary>
    FinWithData,

    /// <summary>The client sends FIN behind its last request and then waits for the answer.</summary>
    FinBeforeAnswer,

    Reset,

    /// <summary>A reset cuts the last request.</summary>
    ResetInRequest,

    /// <summary>The client is never heard of again.</summary>
    Silence,
}

/// <summary>How the online client behaves.</summary>
public sealed record ClientTraits
{
    /// <summary>Bytes; above the MSS it is a segment that the receiving device had merged.</summary>
    public int LargestSegment { get; init; } = 1448;

    /// <summary>Share of segments after which the client repeats some of what it sent, cut otherwise.</summary>
    public double Repeats { get; init; }

    /// <summary>Share of segments that are lost before the capture sees them: the client sends them again, cut otherwise.</summary>
    public double Lost { get; init; }

    /// <summary>Share of exchanges after which keep-alive probes come.</summary>
    public double KeepAlives { get; init; }

    /// <summary>Probes carry a byte of garbage (RFC 9293 section 3.8.4).</summary>
    public bool ProbesCarryGarbage { get; init; }

    /// <summary>Share of segments that acknowledge more of the answer than the one before: both sides talk at once.</summary>
    public double AcknowledgesInBetween { get; init; }

    public ClientEnding Ending { get; init; }

    /// <summary>From one exchange to the next.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(1);
}

/// <summary>How much the capture sees of what passes it.</summary>
public sealed record CaptureQuality
{
    /// <summary>Share of data segments that the capture misses and the client never repeats.</summary>
    public double Missed { get; init; }

    /// <summary>The capture begins behind so many segments.</summary>
    public int BeginsBehind { get; init; }

    /// <summary>Share of segments that come late.</summary>
    public double Late { get; init; }

    /// <summary>The most by which they do.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromMilliseconds(0.2);

    /// <summary>Share of segments that come twice.</summary>
    public double Doubled { get; init; }

    /// <summary>The online host's SYN-ACK is not seen.</summary>
    public bool MissesSynAck { get; init; }

    public bool IsIntact => Missed == 0 && BeginsBehind == 0;
}

/// <summary>How the target's application behaves.</summary>
public sealed record ServerTraits
{
    public TimeSpan Thinks { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>In how many writes an answer comes.</summary>
    public int Writes { get; init; } = 1;

    public TimeSpan BetweenWrites { get; init; }

    /// <summary>Bytes that it takes every 10 ms; 0 when it takes everything at once.</summary>
    public int ReadsEvery10Milliseconds { get; init; }

    /// <summary>When it reads nothing; for an application that does not read at once.</summary>
    public BlackOut Hangs { get; init; }

    /// <summary>It closes behind its last answer, as the online server does, and does not wait for the client's FIN.</summary>
    public bool ClosesFirst { get; init; }

    /// <summary>It closes every connection behind so many answers; 0 when it does not.</summary>
    public int ClosesAfter { get; init; }

    /// <summary>It resets every connection behind so many answers; 0 when it does not.</summary>
    public int ResetsAfter { get; init; }

    /// <summary>It resets every connection of which it has read so many bytes; 0 when it does not.</summary>
    public int ResetsBehind { get; init; }
}

/// <summary>What a simulated run is made of.</summary>
public sealed record NetworkPlan
{
    public required int Seed { get; init; }

    public required IReadOnlyList<Exchange> Exchanges { get; init; }

    public LinkQuality ToTarget { get; init; } = new();

    public LinkQuality FromTarget { get; init; } = new();

    public ClientTraits Client { get; init; } = new();

    public CaptureQuality Capture { get; init; } = new();

    public TargetTraits Target { get; init; } = new();

    public ServerTraits Server { get; init; } = new();

    public SessionSettings Settings { get; init; } = new();

    /// <summary>Most by which the session is woken late.</summary>
    public TimeSpan WakesLateBy { get; init; }

    /// <summary>When the session is ended from outside.</summary>
    public TimeSpan? StopsAt { get; init; }

    /// <summary>Virtual time that a session may take, and the client's own time.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Both links alike.</summary>
    public NetworkPlan Over(LinkQuality link) => this with { ToTarget = link, FromTarget = link };
}
