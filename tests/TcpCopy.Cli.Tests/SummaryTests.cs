using System.Text.Json;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier;
using TcpCopy.Core.Session;
using TcpCopy.Interceptor;
using TcpCopy.Packets.Capture;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class SummaryTests
{
    private static readonly CopierReport Report = new()
    {
        Sessions = new SessionFigures
        {
            Seen = 12,
            Live = 0,
            Ended = new Dictionary<SessionOutcome, long> { [SessionOutcome.Replayed] = 10, [SessionOutcome.TargetReset] = 2, [SessionOutcome.Shed] = 0 },
            LostRequests = new Dictionary<SessionOutcome, long> { [SessionOutcome.TargetReset] = 3 },
            LostBytes = new Dictionary<SessionOutcome, long> { [SessionOutcome.TargetReset] = 300 },
            Sum = new SessionTally
            {
                RequestsCaptured = 103,
                RequestsAcknowledged = 100,
                RequestsAnswered = 99,
                BytesCaptured = 10_300,
                BytesAcknowledged = 10_000,
                ReplyBytes = 555,
                SegmentsSent = 400,
                Joined = 13,
                Reopened = 14,
                Retransmissions = 4,
            },
        },
        Capture = new CaptureFigures(new CaptureStatistics(1000, 1, 2), 900, 3, 4, 5, 6, 7, 8),
        Send = new SendFigures(400, 40_000, new Dictionary<string, long> { ["EPERM"] = 8 }, PastIp: 399),
        Replies = 500,
        RepliesWithoutSession = 9,
        LeakedBytes = 0,
        Elapsed = TimeSpan.FromMilliseconds(2500),
    };

    [Fact]
    public void The_copiers_file_has_every_figure_under_its_name()
    {
        var root = Written(CopierSummary.Of(Report) with { Process = new ProcessPart(1.5, 70_000_000, 2000, 3) });

        Assert.Equal(2.5, root.GetProperty("seconds").GetDouble());
        Assert.Equal("""{"seen":12,"live":0,"ended":{"replayed":10,"target-reset":2},"joined":13,"reopened":14}""", Compact(root, "sessions"));
        Assert.Equal("""{"captured":103,"acknowledged":100,"answered":99,"lost":3,"lostByCause":{"target-reset":3}}""", Compact(root, "requests"));
        Assert.Equal(
            """{"captured":10300,"acknowledged":10000,"replies":555,"lost":300,"lostByCause":{"target-reset":300},"conflicting":0}""",
            Compact(root, "bytes"));
        Assert.Equal(
            """{"received":1000,"dropped":1,"droppedByInterface":2,"segments":900,"truncated":3,"fragments":4,"malformed":5,"""
                + "\"notTcp\":6,\"unmatched\":7,\"missedBeginnings\":8}",
            Compact(root, "capture"));
        Assert.Equal(
            """{"packets":400,"pastIp":399,"bytes":40000,"segments":400,"retransmissions":4,"replyWaitsExpired":0,"failures":{"EPERM":8}}""",
            Compact(root, "send"));
        Assert.Equal("""{"received":500,"withoutSession":9}""", Compact(root, "replies"));
        Assert.Equal(0, root.GetProperty("leakedBytes").GetInt64());
        Assert.Equal("""{"cpuSeconds":1.5,"peakMemoryBytes":70000000,"allocatedBytes":2000,"collections":3}""", Compact(root, "process"));
    }

    [Fact]
    public void The_interceptors_file_has_every_figure_under_its_name()
    {
        var root = Written(InterceptorSummary.Of(new InterceptorReport
        {
            Frames = 10,
            Replies = 9,
            NotReplies = 1,
            Routed = 7,
            Held = 2,
            Expired = 1,
            Displaced = 0,
            Waiting = 1,
            Batches = 3,
            Collisions = 0,
            TapDropped = 4,
            Copiers = [new ServedCopier("akka.tcp://tcpcopy@10.0.0.13:1", 5, 7)],
        }));

        Assert.Equal("""{"frames":10,"notReplies":1,"dropped":4}""", Compact(root, "tap"));
        Assert.Equal(
            """{"taken":9,"routed":7,"held":2,"expired":1,"displaced":0,"waiting":1,"orphaned":0,"batches":3,"batchesDropped":0,"collisions":0,"""
                + "\"resets\":0,\"escaped\":0}",
            Compact(root, "replies"));
        Assert.Equal("""[{"node":"akka.tcp://tcpcopy@10.0.0.13:1","flows":5,"replies":7}]""", Compact(root, "copiers"));
    }

    [Fact]
    public void Plain_text_says_what_was_lost_and_why_and_leaves_out_what_was_not()
    {
        var output = new StringWriter();
        (CopierSummary.Of(Report) with { Process = new ProcessPart(1.5, 70_999_999, 2000, 3) }).Print(output, isPlain: true);
        var lines = output.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();

        Assert.Equal("tcpcopy copier, 2.5 s", lines[0]);
        Assert.Contains("sessions seen 12", lines);
        Assert.Contains("lost 3", lines);
        Assert.Contains("lost: target-reset 3", lines);
        Assert.Contains("of them past IP 399", lines);
        Assert.Contains("refused by the kernel: EPERM 8", lines);
        Assert.Contains("packets dropped (libpcap) 1", lines);
        Assert.Contains("process CPU time, s 1.50", lines);
        Assert.Contains("most memory resident, MB 70", lines);
        Assert.DoesNotContain(lines, line => line.Contains("leaked", StringComparison.Ordinal) || line.Contains("shed", StringComparison.Ordinal));
    }

    [Fact]
    public void Outcomes_have_the_names_of_the_document_on_metrics()
    {
        var sentence = File.ReadAllText(RepositoryPaths.At("config/metrics.md")).Split("causes of loss:")[1].Split('.')[0];
        Assert.Equal(ApiName.All<SessionOutcome>(), sentence.Split('`').Where((_, index) => index % 2 == 1));
    }

    [Fact]
    public void The_process_is_read_from_the_system()
    {
        var process = ProcessPart.Read();

        Assert.True(process is { CpuSeconds: > 0, PeakMemoryBytes: > 1_000_000, AllocatedBytes: > 0, Collections: >= 0 }, $"{process}");
    }

    [Fact]
    public void A_link_is_followed_and_a_device_is_written_to()
    {
        using var scratch = new ScratchDirectory();
        var (file, link, device) = (scratch.At("file"), scratch.At("link"), scratch.At("device"));
        File.CreateSymbolicLink(link, file);
        File.CreateSymbolicLink(device, "/dev/null");
        foreach (var path in new[] { link, device })
        {
            SummaryFile.DemandWritable(path);
            SummaryFile.Write(path, "{}");
        }

        Assert.Equal("{}\n", File.ReadAllText(file));
        Assert.Equal((file, "/dev/null"), (new FileInfo(link).LinkTarget, new FileInfo(device).LinkTarget));
        Assert.Equal([device, file, link], Directory.GetFiles(scratch.Root).Order(StringComparer.Ordinal));
    }

    private static JsonElement Written(Summary summary)
    {
        using var scratch = new ScratchDirectory();
        var path = scratch.Write("summary.json", "an older one");
        SummaryFile.Write(path, summary.ToJson());
        Assert.Equal([path], Directory.GetFiles(scratch.Root));
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.Clone();
    }

    private static string Compact(JsonElement root, string name) =>
        string.Concat(root.GetProperty(name).GetRawText().Where(letter => !char.IsWhiteSpace(letter)));
}
