using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Tests;

/// <summary>What a node might tell.</summary>
internal static class Figures
{
    private static readonly Dictionary<string, long> None = [];
    private static readonly SessionCounts NoCounts = new(0, 0, 0, 0, 0, 0, 0, 0, 0);
    private static readonly TimePart NoTimes = new(0, null, null, null, null, LatencyFigures.None.Counts);

    /// <summary>Of a copier.</summary>
    /// <param name="uptime">Seconds since its start.</param>
    /// <param name="requests">Captured, acknowledged and answered.</param>
    /// <param name="run">Which of its runs.</param>
    public static NodeStatus Copier(double uptime, long requests, int run = 1) => new()
    {
        Role = "copier",
        Version = "0.1.0",
        StartedAt = DateTimeOffset.UnixEpoch.AddHours(run),
        Uptime = uptime,
        Process = new ProcessPart(uptime / 10, 0, 0, 0),
        MemoryBytes = 100_000_000,
        Nodes = [new ClusterMember("10.0.0.13:36524", "copier", "up", true, true), new ClusterMember("10.0.0.148:36524", "interceptor", "up", true, false)],
        Copier = new CopierStatus
        {
            Sessions = new SessionPart(1, 1, None, 0, 0),
            Requests = new RequestStatus(requests, requests, requests, 0, 0, None),
            Bytes = new ByteStatus(requests * 1000, requests * 1000, 0, 0, None, 0),
            Capture = new CapturePart(0, 0, 0, 0, 0, 0, 0, 0, 0),
            Send = new SendPart(0, 0, 0, 0, 0, 0, None),
            Replies = new ReplyPart(0, 0),
            RoundTrip = new Dictionary<string, TimePart> { ["target"] = NoTimes, ["online"] = NoTimes },
            FirstReply = new Dictionary<string, TimePart> { ["target"] = NoTimes },
            Memory = new MemoryFigures(0, 0, 1),
            Links = [],
        },
    };

    public static Report Report(ComparisonPart? comparison) => new()
    {
        Seconds = 1,
        Sessions = new SessionPart(0, 0, None, 0, 0),
        Requests = new RequestPart(0, 0, 0, 0, None),
        Comparison = comparison,
    };

    /// <summary>So many requests, each answered online within a millisecond and by the target within ten.</summary>
    public static Report Compared(long requests)
    {
        var (online, target) = (Spread(0.001, requests), Spread(0.01, requests));
        return Report(new ComparisonPart(
            new ComparedPart(requests, 0, 0, 0, 0), new SidePart(online, online, 0, 0), new SidePart(target, target, 0, 0), [], [], []));
    }

    /// <param name="client">Whose session it is.</param>
    public static SessionLine Line(string client) => new("0-17", client, "10.0.0.13:80", "10.0.0.148:80", "connected", null, 1, NoCounts, 0, 0, 0);

    /// <param name="client">Whose session it is.</param>
    public static SessionInside Session(string client) => new(
        "0-17", client, "10.0.0.13:80", "10.0.0.148:80", "connected", null, 1, NoCounts, new SessionQueue(0, 0, false, "open"), null, []);

    public static SpreadPart Spread(double upTo, long count) => new(count, upTo, upTo, upTo, upTo, upTo, upTo, [new BucketPart(upTo, count)]);
}
