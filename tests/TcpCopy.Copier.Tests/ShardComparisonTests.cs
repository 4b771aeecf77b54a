using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Comparison;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Comparison;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard that compares, from captured frames and replies to its figures.</summary>
public sealed class ShardComparisonTests() : ShardKit(Settings with { Compare = true })
{
    private const uint OnlineIsn = 0;

    [Fact]
    public async Task An_answer_of_both_is_compared_when_its_session_is_over()
    {
        var flow = Flow(40_000);
        var id = Establish(flow);
        Feed.Client(flow, Data("GET /"));
        FromOnline(flow, "HTTP/1.1 200 OK");
        NextPayload();
        Reply(id, new ReplyHeader
        {
            Sequence = new SeqNumber(TargetIsn + 1),
            Acknowledgement = new SeqNumber(ClientIsn + 6),
            Flags = TcpFlags.Ack,
            PayloadLength = 40,
            Trace = new ReplyTrace { Status = 404 },
        });
        Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 6), Acknowledgement = new(16), Flags = TcpFlags.Rst | TcpFlags.Ack });

        var figures = await ComparedAsync(1);
        Assert.Equal((0, 0, 0, 1), (figures.AnsweredOnlineAlone, figures.AnsweredByTargetAlone, figures.Unanswered, figures.DifferentBytes));
        Assert.Equal((15, 40), (figures.Online.Bytes, figures.Target.Bytes));
        Assert.Equal((1, 1), (figures.Online.FirstByte.Count, figures.Target.LastByte.Count));
        Assert.Equal(new StatusPair(200, 404), Assert.Single(figures.Statuses).Key);
        var listed = Assert.Single(figures.Differing);
        Assert.Equal((new SessionName(0, id.Value), flow.Client, 1), (listed.Session, listed.Client, listed.Request.Number));
        Assert.Equal(listed, Assert.Single(figures.Slowest));
        // The stop finds the same figures as those who ask while it copies.
        Assert.Equal(1, Stop().Comparison!.Compared);
    }

    [Fact]
    public async Task An_answer_that_was_captured_with_the_beginning_of_its_session_is_compared_too()
    {
        var flow = Flow(40_001);
        Feed.AtOnce(
            (flow, Syn()),
            (flow, Data("GET /")),
            (Back(flow), Answer("HTTP/1.0 503 Busy")));
        var id = NextFlow(flow);
        AnswerSyn(id);
        NextPayload();
        Acknowledge(id, 5, payload: 10);
        Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 6), Acknowledgement = new(18), Flags = TcpFlags.Rst | TcpFlags.Ack });

        var figures = await ComparedAsync(1);
        Assert.Equal(new StatusPair(503, 0), Assert.Single(figures.Statuses).Key);
    }

    [Fact]
    public void An_interceptor_without_traces_is_greeted_once_more_and_then_named_once()
    {
        var said = CreateTestProbe();
        Sys.EventStream.SetLogLevel(LogLevel.WarningLevel);
        Sys.EventStream.Subscribe(said, typeof(Warning));
        var node = new Address("akka", Sys.Name);
        Root.Tell(new InterceptorDown(node));
        Root.Tell(new InterceptorUp(node));

        // It took the shard in before it had read the greeting, and has traces.
        Assert.Equal(node, NextTold<LinkDown>().Node);
        NextHeard<Hello>();
        Serve([]);
        NextHeard<Hello>();
        Serve([FeatureNames.Trace]);
        // An older one in its place, whose connection breaks and comes back.
        Serve([]);
        NextHeard<Hello>();
        Serve([]);
        Serve([]);
        foreach (var _ in Enumerable.Range(0, 5))
            NextTold<LinkUp>();

        Assert.Contains("target's times of the comparison include that", said.ExpectMsg<Warning>().Message.ToString(), StringComparison.Ordinal);
        Assert.False(said.HasMessages);
    }

    [Fact]
    public async Task An_answer_to_no_session_goes_by()
    {
        FromOnline(Flow(40_002), "HTTP/1.1 200 OK");
        var id = Establish(Flow(40_003));
        Feed.Client(Flow(40_003), Data("GET /"));
        NextPayload();
        Acknowledge(id, 5, payload: 10);
        Feed.Client(Flow(40_003), new OutgoingSegment { Sequence = new(ClientIsn + 6), Flags = TcpFlags.Rst });

        var figures = await UntilAsync(now => now.AnsweredByTargetAlone > 0);
        Assert.Equal((0, 0), (figures.Compared, figures.AnsweredOnlineAlone));
        Assert.Equal(0, Stop().Capture.Unmatched);
    }

    [Fact]
    public void The_lists_and_the_matrix_are_bounded_and_keep_the_worst()
    {
        var books = new ComparisonBooks(shard: 2);
        var entry = new Sessions.SessionEntry(new FlowId(7), Flow(1), Flow(1), initialSequence: null);
        for (ushort number = 1; number <= 5_000; number++)
            books.Add(entry, new ComparedRequest(number, AnswerOf(number, status: 200), AnswerOf(number * 3, status: number)));

        var figures = books.Read();
        Assert.Equal(5_000, figures.Compared);
        Assert.Equal(5_000, figures.Statuses.Values.Sum());
        Assert.InRange(figures.Statuses.Count, 1_024, 1_025);
        Assert.Equal(ComparisonFigures.MostListed, figures.Differing.Count);
        Assert.Equal(Enumerable.Range(4_981, 20).Reverse().Select(number => (long)number), figures.Slowest.Select(listed => listed.Request.Number));
        Assert.InRange(figures.Target.LastByte.Percentile(0.5).TotalMilliseconds, 7_480, 7_520);
        var both = figures + figures;
        Assert.Equal((10_000, 20, 10_000), (both.Compared, both.Slowest.Count, both.Online.FirstByte.Count));
        Assert.Equal(figures.Online.FirstByte.Count, figures.Online.FirstByte.Buckets().Sum(bucket => bucket.Count));
    }

    private static Answer AnswerOf(int milliseconds, ushort status) => new()
    {
        FirstByte = TimeSpan.FromMilliseconds(milliseconds),
        LastByte = TimeSpan.FromMilliseconds(milliseconds),
        Bytes = 1,
        Status = status,
    };

    private Task<ComparisonFigures> ComparedAsync(long count) => UntilAsync(figures => figures.Compared >= count);

    private async Task<ComparisonFigures> UntilAsync(Func<ComparisonFigures, bool> holds) =>
        (await UntilAsync(figures => holds(figures.Report.Comparison!))).Report.Comparison!;

    private void FromOnline(FlowKey flow, string text) => Feed.Client(Back(flow), Answer(text));

    private static FlowKey Back(FlowKey flow) => new(flow.Server, flow.Client);

    private static OutgoingSegment Answer(string text)
    {
        var answer = Data(text);
        (answer.Sequence, answer.Acknowledgement) = (new SeqNumber(OnlineIsn + 1), new SeqNumber(ClientIsn + 6));
        return answer;
    }
}
