using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using TcpCopy.Interceptor.Routing;
using TcpCopy.Interceptor.Tests.Fakes;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Interceptor.Tests;

/// <summary>Routing in virtual time, without the tap's actor.</summary>
public sealed class ReplyRouterTests : TestKit
{
    private readonly SentResets _wire = new();
    private readonly ReplyRouter _router;
    private readonly TestProbe _copier;
    private readonly TestProbe _other;

    public ReplyRouterTests()
        : base(KitSettings.Patient)
    {
        _router = new ReplyRouter(TimeSpan.FromMilliseconds(250), new OrphanCloser(_wire));
        (_copier, _other) = (CreateTestProbe(), CreateTestProbe());
        _router.Serve(_copier, isTraced: false, At(0));
        _router.Serve(_other, isTraced: false, At(0));
    }

    [Fact]
    public void Replies_reach_the_copier_that_registered_the_flow_in_order_and_in_one_batch()
    {
        Begin(_copier, (1, 11));
        Begin(_other, (2, 22));
        Arrive(1, 100);
        Arrive(2, 200);
        Arrive(1, 101);
        _router.Flush(TestActor);

        Assert.Equal([(11L, 100u), (11L, 101u)], Received(_copier));
        Assert.Equal([(22L, 200u)], Received(_other));
        var report = _router.Report();
        Assert.Equal((3L, 3L, 3L, 0L, 2L), (report.Frames, report.Replies, report.Routed, report.Held, report.Batches));
    }

    [Fact]
    public void A_reply_waits_for_its_flow_and_keeps_its_place()
    {
        Arrive(1, 100);
        Arrive(1, 101);
        Begin(_copier, (1, 11));
        Arrive(1, 102);
        _router.Flush(TestActor);

        Assert.Equal([(11L, 100u), (11L, 101u), (11L, 102u)], Received(_copier));
        var report = _router.Report();
        Assert.Equal((3L, 2L, 0L), (report.Routed, report.Held, report.Waiting));
    }

    [Fact]
    public void Replies_of_a_flow_that_trails_are_wanted_at_once_when_its_own_copier_says_so()
    {
        Begin(_copier, (1, 11));
        for (var at = 0; at <= ExchangePace.QuickStreak; at++)
            Arrive(1, 100, At(at));
        Trail(_other, id: 11);
        Trail(_copier, id: 12);
        Arrive(1, 100, At(9));
        Assert.Equal(ExchangeHaste.Quick, _router.Haste.At(At(9)));

        Trail(_copier, id: 11);
        Arrive(1, 100, At(10));
        Assert.Equal((ExchangeHaste.Hurried, 1), (_router.Haste.At(At(10)), _router.Haste.Flows));

        void Trail(TestProbe copier, long id)
        {
            var batch = new FlowBatchWriter();
            batch.Trail(new FlowId(id), Frames.Replica(1));
            Assert.True(_router.OnFlows(copier, batch.Take(), At(9), TestActor));
        }
    }

    [Fact]
    public void Flows_whose_ends_were_lost_with_a_connection_go_when_their_copier_has_registered_the_others_anew()
    {
        Begin(_copier, (1, 11), (2, 12));
        Begin(_other, (3, 13));
        _router.Serve(_copier, isTraced: false, At(1_000));
        Begin(_copier, (1, 11));

        Assert.Equal(At(61_000), _router.NextExpiry);
        _router.Expire(At(60_999));
        Assert.Equal(3, _router.Report().LiveFlows);
        _router.Expire(At(61_000));
        Assert.Equal(2, _router.Report().LiveFlows);
        Assert.Equal(Instant.Never, _router.NextExpiry);
        Arrive(1, 100);
        Arrive(2, 200);
        Arrive(3, 300);
        Assert.Equal((2, 1), (_router.Report().Routed, _router.Report().Waiting));
    }

    [Fact]
    public void Of_shards_that_are_gone_their_node_s_figures_are_kept_and_nothing_else()
    {
        var gone = Enumerable.Range(0, 50).Select(_ => CreateTestProbe()).ToArray();
        foreach (var shard in gone)
        {
            _router.Serve(shard, isTraced: false, At(0));
            Begin(shard, (4, 14));
            Arrive(4, 100);
            _router.Flush(TestActor);
            _router.Forget(shard);
        }
        _router.Forget(_copier);
        _router.Forget(_other);

        Assert.Equal(new ServedCopier(_copier.Ref.Path.Address.ToString(), 50, 50, 50), Assert.Single(_router.Report().Copiers));
    }

    [Fact]
    public void Copiers_of_long_ago_are_told_together()
    {
        const int Started = 200;
        for (var number = 0; number < Started; number++)
        {
            var shard = new RemoteShard(new Address("akka.tcp", "tcpcopy", "10.0.0.1", 40_000 + number));
            _router.Serve(shard, isTraced: false, At(0));
            Begin(shard, (4, 14));
            Arrive(4, 100);
            _router.Flush(TestActor);
            _router.Forget(shard);
        }

        var copiers = _router.Report().Copiers;
        Assert.InRange(copiers.Count, 2, Started / 2);
        Assert.Equal((Started, Started, Started), (copiers.Sum(copier => copier.Flows), copiers.Sum(copier => copier.Replies), _router.Report().Batches));
        Assert.Contains(copiers, copier => copier.Node.EndsWith(":40199", StringComparison.Ordinal));
        Assert.Single(copiers, copier => copier.Node == "earlier");
    }

    [Fact]
    public void A_reply_without_a_flow_is_given_up_in_time()
    {
        Arrive(1, 100, At(0));
        Assert.Equal(At(250), _router.NextExpiry);
        _router.Expire(At(250));
        Begin(_copier, (1, 11));
        _router.Flush(TestActor);

        _copier.ExpectNoMsg(TimeSpan.Zero);
        var report = _router.Report();
        Assert.Equal((1L, 0L, 1L), (report.Replies, report.Routed, report.Expired));
        Assert.Equal(Instant.Never, _router.NextExpiry);
    }

    [Fact]
    public void A_full_batch_leaves_at_once()
    {
        Begin(_copier, (1, 11));
        for (var number = 0u; number < 4000; number++)
            Arrive(1, number);

        var first = _copier.ExpectMsg<ReplyBatch>();
        Assert.True(first.Entries.Length is > 32 * 1024 and <= 64 * 1024);
        _router.Flush(TestActor);
        var replies = Entries(first);
        while (replies.Count < 4000)
            replies.AddRange(Received(_copier));
        Assert.Equal(Enumerable.Range(0, 4000).Select(number => (11L, (uint)number)), replies);
    }

    [Fact]
    public void After_the_end_of_a_flow_its_replies_go_nowhere()
    {
        Begin(_copier, (1, 11));
        var end = new FlowBatchWriter();
        end.End(new FlowId(11), Frames.Replica(1));
        Assert.True(_router.OnFlows(_copier, end.Take(), At(0), TestActor));
        Arrive(1, 100);

        Assert.Equal((0, 1L), (_router.Report().LiveFlows, _router.Report().Waiting));
    }

    [Fact]
    public void Forgetting_a_copier_leaves_the_others_and_its_figures()
    {
        Begin(_copier, (1, 11), (3, 13));
        Begin(_other, (2, 22));
        Arrive(1, 100);
        _router.Flush(TestActor);

        Assert.Equal(2, _router.Forget(_copier));
        Assert.Equal(0, _router.Forget(_copier));
        Assert.Equal(1, _router.Report().LiveFlows);
        Assert.False(_router.OnFlows(_copier, new FlowBatchWriter().Take(), At(0), TestActor));
        var copier = Assert.Single(_router.Report().Copiers);
        Assert.Equal((3L, 1L), (copier.Flows, copier.Replies));
    }

    [Fact]
    public void The_replicas_of_a_lost_node_are_closed_unless_it_was_heard_of()
    {
        Begin(_copier, At(0), (1, 11));
        Begin(_other, At(900), (2, 22));

        Assert.Equal(0, _router.CloseSilent(new Address("akka.tcp", "tcpcopy", "10.0.0.1", 1), At(1000), At(1500)));
        Assert.Equal(1, _router.CloseSilent(_copier.Ref.Path.Address, since: At(500), At(1000)));
        Assert.Equal(1, _router.Report().LiveFlows);
    }

    [Fact]
    public void Replicas_of_a_copier_that_is_gone_are_reset_where_the_target_last_acknowledged_them()
    {
        Begin(_copier, (1, 11), (2, 12), (3, 13));
        Begin(_other, (4, 24));
        Arrive(1, 100, acknowledged: 5_000);
        Arrive(1, 200, acknowledged: 5_007);
        Arrive(2, 100, acknowledged: 6_000);
        Arrive(4, 100, acknowledged: 7_000);

        Assert.Equal(3, _router.Close(_copier, At(0)));
        // The third has had no reply: there is nothing at the target.
        Assert.Equal([(Frames.Replica(1), 5_007u), (Frames.Replica(2), 6_000u)], _wire.Resets.OrderBy(reset => reset.Position));
        Assert.Equal((2L, 1), (_router.Report().Resets, _router.Report().LiveFlows));
    }

    [Fact]
    public void The_first_SYN_ACK_to_a_closed_replica_waits_for_one_who_opens_it_anew()
    {
        Begin(_copier, (1, 11), (2, 12));
        _router.Close(_copier, At(0));
        foreach (var replica in new[] { 1, 2 })
            Greet(replica, At(100));
        Begin(_other, (1, 21));
        Greet(2, At(1_100));
        _router.Flush(TestActor);

        Assert.Equal([(21L, 0u)], Received(_other));
        Assert.Equal([(Frames.Replica(2), 7_000u)], _wire.Resets);

        void Greet(int replica, Instant now) => _router.OnFrame(Frames.Captured(Frames.SynAck(Frames.Replica(replica), acknowledged: 7_000)), now, TestActor);
    }

    [Fact]
    public void What_the_target_still_says_to_a_closed_replica_is_answered_with_a_reset_for_a_while()
    {
        Begin(_copier, (1, 11), (2, 12));
        _router.Close(_copier, At(0));
        Arrive(1, 100, acknowledged: 5_000, At(100));
        Arrive(1, 100, acknowledged: 5_000, At(60_000));
        // Taken over by another copier.
        Begin(_other, (2, 22));
        Arrive(2, 100, acknowledged: 6_000, At(100));

        Assert.Equal([(Frames.Replica(1), 5_000u)], _wire.Resets);
        var report = _router.Report();
        Assert.Equal((3L, 1L, 1L, 1L), (report.Replies, report.Orphaned, report.Routed, report.Waiting));
    }

    [Fact]
    public void Two_copiers_with_one_flow_are_counted()
    {
        Begin(_copier, (1, 11));
        Begin(_other, (1, 22));
        Arrive(1, 100);
        _router.Flush(TestActor);

        Assert.Equal([(22L, 100u)], Received(_other));
        Assert.Equal(1, _router.Report().Collisions);
    }

    [Fact]
    public void What_is_no_TCP_header_is_counted_and_dropped()
    {
        Begin(_copier, (1, 11));
        var whole = Frames.Reply(Frames.Replica(1), 100);
        for (var length = 0; length < whole.Length; length++)
            _router.OnFrame(Frames.Captured(whole[..length], whole.Length), At(0), TestActor);

        var report = _router.Report();
        Assert.Equal((40L, 0L, 40L), (report.Frames, report.Replies, report.NotReplies));
    }

    /// <summary>The tap captures headers alone, and tells of super-segments beyond 64 KB.</summary>
    [Fact]
    public void The_payload_length_is_what_the_packet_claims()
    {
        Begin(_copier, (1, 11));
        var frame = Frames.Reply(Frames.Replica(1), 100);
        // IPv4 total length 0: as long as the frame (BIG TCP).
        frame[2] = frame[3] = 0;
        _router.OnFrame(Frames.Captured(frame, frame.Length + 100_000), At(0), TestActor);
        _router.Flush(TestActor);

        var reader = new ReplyBatchReader(_copier.ExpectMsg<ReplyBatch>().Entries.Span);
        Assert.True(reader.TryRead(out _, out var header));
        Assert.Equal(100_000, header.PayloadLength);
    }

    [Fact]
    public void A_copier_that_asks_is_told_when_a_reply_came_and_with_which_code_and_no_other_is()
    {
        _router.Serve(_other, isTraced: true, At(0));
        Begin(_copier, (1, 11));
        Begin(_other, (2, 22));
        var threeSecondsAgo = new Instant(DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) - TimeSpan.FromSeconds(3);
        foreach (var replica in new[] { 1, 2, 3 })
        {
            var frame = Frames.Reply(Frames.Replica(replica), 100, "HTTP/1.1 404 Gone"u8.ToArray());
            _router.OnFrame(Frames.Captured(frame, capturedAt: threeSecondsAgo), At(0), TestActor);
        }
        // One that waited for its flow is traced like others.
        Begin(_other, (3, 33));
        _router.Flush(TestActor);

        Assert.All(Traces(_copier), trace => Assert.Equal((0, 0u), (trace.Status, trace.First)));
        var traces = Traces(_other);
        Assert.Equal([404, 404], traces.Select(trace => trace.Status));
        Assert.All(traces, trace => Assert.InRange(trace.FirstAge, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)));
    }

    private static List<ReplyTrace> Traces(TestProbe copier)
    {
        var traces = new List<ReplyTrace>();
        var reader = new ReplyBatchReader(copier.ExpectMsg<ReplyBatch>().Entries.Span);
        while (reader.TryRead(out _, out var header))
            traces.Add(header.Trace);
        Assert.NotEmpty(traces);
        return traces;
    }

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(milliseconds * 1000L);

    private void Begin(IActorRef copier, params (int Replica, long Id)[] flows) => Begin(copier, At(0), flows);

    private void Begin(IActorRef copier, Instant now, params (int Replica, long Id)[] flows)
    {
        var batch = new FlowBatchWriter();
        foreach (var (replica, id) in flows)
            batch.Begin(new FlowId(id), Frames.Replica(replica));
        Assert.True(_router.OnFlows(copier, batch.Take(), now, TestActor));
    }

    private void Arrive(int replica, uint sequence) => Arrive(replica, sequence, At(0));

    private void Arrive(int replica, uint sequence, Instant now) => Arrive(replica, sequence, acknowledged: 0, now);

    private void Arrive(int replica, uint sequence, uint acknowledged, Instant now = default) =>
        _router.OnFrame(Frames.Captured(Frames.Reply(Frames.Replica(replica), sequence, acknowledged)), now, TestActor);

    private static List<(long Flow, uint Sequence)> Received(TestProbe copier) => Entries(copier.ExpectMsg<ReplyBatch>());

    internal static List<(long Flow, uint Sequence)> Entries(ReplyBatch batch)
    {
        var entries = new List<(long, uint)>();
        var reader = new ReplyBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var id, out var header))
            entries.Add((id.Value, header.Sequence.Value));
        return entries;
    }
}
