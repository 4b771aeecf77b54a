using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>What a shard tells of itself while it copies.</summary>
public sealed class ShardFiguresTests() : ShardKit(Settings with { MaxMemoryBytes = 256 * 1024 })
{
    private const int Seeds = 12;
    private const int Steps = 60;

    private readonly List<Exchange> _open = [];
    private int _opened;

    [Fact]
    public async Task The_books_reconcile_and_never_run_back_whatever_happens()
    {
        var before = await ReadAsync();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            for (var step = 0; step < Steps; step++)
            {
                await ActAsync(random);
                if (random.Next(4) > 0)
                    continue;
                var now = await ReadAsync();
                AssertReconciles(now);
                AssertNotBefore(before.Report.Sessions, now.Report.Sessions);
                before = now;
            }
        }
        // Some sessions are shed for want of memory, some requests are through and some are not: or the seeds show nothing.
        Assert.NotEqual(0, before.Report.Sessions.Ended.GetValueOrDefault(SessionOutcome.Shed));
        before = await UntilAsync(now => now.Report.Sessions.RequestsDelivered > 0 && now.Report.Sessions.BytesDelivered < now.Report.Sessions.BytesSeen);

        var report = Stop();
        Assert.Equal(0, report.Sessions.Live);
        Assert.Equal(default, report.Sessions.Carried);
        AssertNotBefore(before.Report.Sessions, report.Sessions);
    }

    [Fact]
    public async Task A_live_session_is_in_the_figures_and_its_answer_is_timed()
    {
        var id = Establish(Flow(40_000));
        Feed.Client(Flow(40_000), Data("GET /"));
        NextPayload();
        var asked = (await ReadAsync()).Report.Sessions;
        Assert.Equal((1, 5, 1, 5), (asked.RequestsSeen, asked.BytesSeen, asked.RequestsUnacknowledged, asked.BytesUnacknowledged));

        Acknowledge(id, 5, payload: 100);
        var figures = await UntilAsync(now => now.Report.Sessions.BytesDelivered == 5);

        var answered = figures.Report.Sessions;
        Assert.Equal((0, 1, 0), (answered.RequestsUnacknowledged, answered.Carried.RequestsUnsettled, answered.RequestsDelivered));
        Assert.Equal((1, 1), (figures.TargetRoundTrip.Count, figures.TargetFirstReply.Count));
        Assert.Equal((1, 1, true), (figures.Actors.Sessions, figures.Actors.Captures, Assert.Single(figures.Links).IsUp));
        Assert.Equal(2, Assert.Single(figures.Links).Batches);
    }

    [Fact]
    public async Task A_session_tells_of_itself_while_it_lives_and_is_remembered_when_it_has_ended()
    {
        var flow = Flow(40_001);
        var id = Establish(flow);
        Feed.Client(flow, Data("GET /"));
        NextPayload();

        var detail = await Root.Ask<SessionDetail>(new DescribeSession(id));
        Assert.Equal((flow.Client, Target, SessionPhase.Connected), (detail.Client, detail.Target, detail.State.Phase));
        Assert.Equal((5, ClientIsn + 6, ClientIsn + 6, ClientIsn + 1), (
            detail.State.BufferedBytes, detail.State.Replica!.Captured, detail.State.Replica.Sent, detail.State.Replica.Acknowledged));
        Assert.Contains(new SessionEvent(default, SessionEventKind.Segment, 5), detail.Events.Select(item => item with { After = default }));

        Acknowledge(id, 5);
        Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 6), Acknowledgement = new(1), Flags = TcpFlags.Rst });
        await UntilAsync(now => now.Report.Sessions.Live == 0);
        var ended = Assert.Single((await FindAsync(new SessionQuery { IsEnded = true, Outcome = SessionOutcome.Replayed })).Rows);
        Assert.Equal((flow.Client, 5), (ended.Client, ended.Tally.BytesAcknowledged));
        Assert.IsType<NoSuchSession>(await Root.Ask<object>(new DescribeSession(new FlowId(999))));
    }

    [Fact]
    public async Task Pages_of_sessions_follow_each_other_in_order()
    {
        for (ushort port = 41_000; port < 41_010; port++)
        {
            Establish(Flow(port));
            Feed.Client(Flow(port), Data(new string('x', port - 40_999)));
            NextPayload();
        }
        var query = new SessionQuery { Order = SessionOrder.Bytes, Limit = 4 };
        var (pages, rows) = (0, new List<SessionRow>());
        for (SessionPage page; (page = await FindAsync(query)).Rows.Count > 0; query = query with { After = page.Rows[^1].Place })
        {
            Assert.Equal(10, page.Matching);
            rows.AddRange(page.Rows);
            pages++;
        }

        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(1, 10).Reverse().Select(bytes => (long)bytes), rows.Select(row => row.Tally.BytesCaptured));
        Assert.Equal(Flow(41_003).Client, Assert.Single((await FindAsync(new SessionQuery { ClientPort = 41_003 })).Rows).Client);
        Assert.Empty((await FindAsync(new SessionQuery { Phase = SessionPhase.Handshake })).Rows);
    }

    private async Task ActAsync(Random random)
    {
        if (_open.Count == 0 || random.Next(6) == 0)
        {
            await OpenAsync();
            return;
        }
        var index = random.Next(_open.Count);
        var exchange = _open[index];
        switch (random.Next(6))
        {
            case 0 or 1 or 2:
                var text = new string('x', random.Next(1, 4_000));
                // Now and then the capture misses some bytes.
                exchange.Sent += random.Next(20) == 0 ? 10 : 0;
                Feed.Client(exchange.Flow, Data(text, at: (uint)exchange.Sent + 1, seen: (uint)exchange.Answered));
                exchange.Sent += text.Length;
                break;
            case 3:
                Answer(exchange, random.Next(exchange.Sent + 1), payload: 0);
                break;
            case 4:
                Answer(exchange, exchange.Sent, payload: 200);
                break;
            default:
                Feed.Client(exchange.Flow, new OutgoingSegment
                {
                    Sequence = new SeqNumber(ClientIsn + 1) + exchange.Sent,
                    Acknowledgement = new((uint)exchange.Answered + 1),
                    Flags = random.Next(2) == 0 ? TcpFlags.Rst : TcpFlags.Fin | TcpFlags.Ack,
                });
                Answer(exchange, exchange.Sent, payload: 200);
                _open.RemoveAt(index);
                break;
        }
    }

    /// <summary>Another client; its session is taken, or shed, which the books tell.</summary>
    private async Task OpenAsync()
    {
        var flow = Flow((ushort)(50_000 + _opened++));
        var shed = (await ReadAsync()).Report.Sessions.Ended.GetValueOrDefault(SessionOutcome.Shed);
        Feed.Client(flow, Syn());
        var now = await UntilAsync(figures => figures.Report.Sessions.Seen == _opened);
        if (now.Report.Sessions.Ended.GetValueOrDefault(SessionOutcome.Shed) > shed)
            return;
        var exchange = new Exchange(flow, NextFlow(flow));
        AnswerSyn(exchange.Id);
        _open.Add(exchange);
    }

    private void Answer(Exchange exchange, int acknowledged, int payload)
    {
        Reply(exchange.Id, new ReplyHeader
        {
            Sequence = new SeqNumber(TargetIsn + 1) + exchange.Answered,
            Acknowledgement = new SeqNumber(ClientIsn + 1) + acknowledged,
            Flags = TcpFlags.Ack | TcpFlags.Psh,
            PayloadLength = payload,
            Window = 65_000,
        });
        exchange.Answered += payload;
    }

    private static void AssertReconciles(CopierFigures figures)
    {
        var books = figures.Report.Sessions;
        Assert.Equal(books.Seen, books.Live + books.Ended.Values.Sum());
        Assert.Equal(
            books.RequestsSeen, books.RequestsDelivered + books.LostRequests.Values.Sum() + books.RequestsUnacknowledged + books.Carried.RequestsUnsettled);
        Assert.Equal(books.BytesSeen, books.BytesDelivered + books.LostBytes.Values.Sum() + books.BytesUnacknowledged);
        Assert.True(books.RequestsUnacknowledged >= 0 && books.Carried.RequestsUnsettled >= 0 && books.BytesUnacknowledged >= 0);
        Assert.True(books.RequestsAnswered <= books.RequestsDelivered);
    }

    private static void AssertNotBefore(SessionFigures before, SessionFigures now)
    {
        Assert.True(now.Seen >= before.Seen && now.RequestsSeen >= before.RequestsSeen && now.BytesSeen >= before.BytesSeen);
        Assert.True(now.RequestsDelivered >= before.RequestsDelivered && now.RequestsAnswered >= before.RequestsAnswered);
        Assert.True(now.BytesDelivered >= before.BytesDelivered && now.Total.SegmentsSent >= before.Total.SegmentsSent);
        Assert.All(before.Ended, ended => Assert.True(now.Ended[ended.Key] >= ended.Value));
        Assert.All(before.LostRequests, lost => Assert.True(now.LostRequests[lost.Key] >= lost.Value));
    }

    private Task<SessionPage> FindAsync(SessionQuery query) => Root.Ask<SessionPage>(new FindSessions(query, 0));

    /// <summary>A connection as its client and its target see it: bytes of either.</summary>
    private sealed class Exchange(FlowKey flow, FlowId id)
    {
        public FlowKey Flow => flow;

        public FlowId Id => id;

        public int Sent { get; set; }

        public int Answered { get; set; }
    }
}
