using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;
using TcpCopy.Interceptor.Routing;
using TcpCopy.Interceptor.Tests.Fakes;
using Xunit;

namespace TcpCopy.Interceptor.Tests;

/// <summary>Routing in virtual time, without the tap's actor.</summary>
public sealed class ReplyRouterTests : TestKit
{
    private readonly ReplyRouter _router = new(TimeSpan.FromMilliseconds(250));
    private readonly TestProbe _copier;
    private readonly TestProbe _other;

    public ReplyRouterTests()
    {
        (_copier, _other) = (CreateTestProbe(), CreateTestProbe());
        _router.Serve(_copier, At(0));
        _router.Serve(_other, At(0));
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
        for (var number = 0u; number < 2000; number++)
            Arrive(1, number);

        var first = _copier.ExpectMsg<ReplyBatch>();
        Assert.True(first.Entries.Length is > 32 * 1024 and <= 64 * 1024);
        _router.Flush(TestActor);
        var replies = Entries(first);
        while (replies.Count < 2000)
            replies.AddRange(Received(_copier));
        Assert.Equal(Enumerable.Range(0, 2000).Select(number => (11L, (uint)number)), replies);
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
    public void A_lost_node_is_forgotten_unless_it_was_heard_of()
    {
        Begin(_copier, At(0), (1, 11));
        Begin(_other, At(900), (2, 22));

        Assert.Equal(0, _router.ForgetSilent(new Address("akka.tcp", "tcpcopy", "10.0.0.1", 1), At(1000)));
        Assert.Equal(1, _router.ForgetSilent(_copier.Ref.Path.Address, since: At(500)));
        Assert.Equal(1, _router.Report().LiveFlows);
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

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(milliseconds * 1000L);

    private void Begin(TestProbe copier, params (int Replica, long Id)[] flows) => Begin(copier, At(0), flows);

    private void Begin(TestProbe copier, Instant now, params (int Replica, long Id)[] flows)
    {
        var batch = new FlowBatchWriter();
        foreach (var (replica, id) in flows)
            batch.Begin(new FlowId(id), Frames.Replica(replica));
        Assert.True(_router.OnFlows(copier, batch.Take(), now, TestActor));
    }

    private void Arrive(int replica, uint sequence) => Arrive(replica, sequence, At(0));

    private void Arrive(int replica, uint sequence, Instant now) =>
        _router.OnFrame(Frames.Captured(Frames.Reply(Frames.Replica(replica), sequence)), now, TestActor);

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
