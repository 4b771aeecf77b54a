using TcpCopy.Cli.Http;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier;
using TcpCopy.Copier.Figures;
using TcpCopy.Core.Session;
using TcpCopy.Packets.Capture;

namespace TcpCopy.Cli.Tests;

/// <summary>What a node might tell.</summary>
internal static class Statuses
{
    /// <summary>Of one that has seen twelve requests.</summary>
    public static NodeStatus Copier()
    {
        // One of 2 ms: in the bucket that ends at 2.5 ms.
        var times = new LatencyFigures([.. LatencyFigures.None.Counts.Select((_, bucket) => bucket == 4 ? 1L : 0)], TimeSpan.FromMilliseconds(2));
        var figures = new CopierFigures
        {
            Report = new CopierReport
            {
                Sessions = new SessionFigures
                {
                    Seen = 3,
                    Live = 1,
                    Ended = new Dictionary<SessionOutcome, long> { [SessionOutcome.Replayed] = 1, [SessionOutcome.TargetReset] = 1 },
                    LostRequests = new Dictionary<SessionOutcome, long> { [SessionOutcome.TargetReset] = 1 },
                    LostBytes = new Dictionary<SessionOutcome, long>(),
                    Sum = new SessionTally { RequestsCaptured = 7, RequestsAcknowledged = 6 },
                    Carried = new LiveFigures(new SessionTally { RequestsCaptured = 5, RequestsAcknowledged = 2 }, 1, 1),
                },
                Capture = new CaptureFigures(new CaptureStatistics(9, 0, 0), 9, 0, 0, 0, 0, 0),
                Send = new SendFigures(9, 900, new Dictionary<string, long>()),
                Replies = 8,
                RepliesWithoutSession = 0,
                LeakedBytes = 0,
                Elapsed = TimeSpan.Zero,
            },
            TargetRoundTrip = times,
            TargetFirstReply = times,
            OnlineRoundTrip = LatencyFigures.None,
            Memory = new MemoryFigures(100, 4196, 1 << 30),
            Actors = new ActorFigures(1, 1, 0),
            Links = [new LinkFigures("10.0.0.148:36524", true, 3, 8, 0)],
        };
        return new NodeStatus
        {
            Role = "copier",
            Version = "0.1.0",
            StartedAt = new DateTimeOffset(2026, 11, 28, 20, 15, 31, 123, TimeSpan.Zero),
            Uptime = 7,
            Process = new ProcessPart(1, 3, 4, 5),
            MemoryBytes = 2,
            Nodes = [],
            Copier = StatusParts.Of(figures),
        };
    }
}
