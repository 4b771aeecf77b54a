using System.Text.Json;
using TcpCopy.Cli.Http;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier;
using TcpCopy.Copier.Figures;
using TcpCopy.Core.Session;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Cli.Tests;

/// <summary>A status on its way from a node's books to what people see.</summary>
public sealed class TopFrameTests
{
    [Fact]
    public void A_status_keeps_its_figures_on_the_way_through_JSON()
    {
        var status = Status();
        var back = JsonSerializer.Deserialize(JsonSerializer.Serialize(status, ApiJson.Default.NodeStatus), ApiJson.Default.NodeStatus)!;

        Assert.Equal(status.StartedAt, back.StartedAt);
        Assert.Equal(status.Copier!.Requests with { LostByCause = back.Copier!.Requests.LostByCause }, back.Copier.Requests);
        Assert.Equal((12, 8, 1, 3), (back.Copier.Requests.Seen, back.Copier.Requests.Acknowledged, back.Copier.Requests.Lost, back.Copier.Requests.InFlight));
        Assert.Equal(1, back.Copier.Requests.LostByCause["target-reset"]);
        Assert.Equal(status.Copier.FirstReply["target"].P50, back.Copier.FirstReply["target"].P50);
    }

    [Fact]
    public void Rows_show_requests_that_add_up()
    {
        var rows = StatusRows.Of(Status()).Where(row => row.Group == "requests").ToDictionary(row => row.Name, row => row.Value);

        Assert.Equal(("12", "8", "3", "1", "1"), (
            rows["seen"], rows["acknowledged by the target"], rows["in flight"], rows["lost"], rows["lost: target-reset"]));
    }

    [Fact]
    public void Plain_text_has_no_control_characters()
    {
        using var output = new StringWriter();
        SummaryTable.PrintPlain(output, StatusRows.TitleOf("10.0.0.13", Status()), StatusRows.Of(Status()));

        Assert.DoesNotContain(output.ToString(), letter => char.IsControl(letter) && letter != '\n');
        Assert.StartsWith("copier 10.0.0.13: ready, up 7 s", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0000123, "12 us")]
    [InlineData(0.01234, "12.3 ms")]
    [InlineData(12.34, "12.3 s")]
    public void Times_are_short(double? seconds, string expected) => Assert.Equal(expected, TimeText.Of(seconds));

    private static NodeStatus Status()
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
