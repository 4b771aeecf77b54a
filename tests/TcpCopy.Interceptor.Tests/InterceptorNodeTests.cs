using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Interceptor.Routing;
using TcpCopy.Interceptor.Tests.Fakes;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Interceptor.Tests;

/// <summary>The node's actors on a real loop, with the test as copier, tap and sink.</summary>
public sealed class InterceptorNodeTests : TestKit
{
    private static readonly Endpoint s_target = Frames.Replica(0).Server;
    private static readonly Hello s_hello = new(ProtocolVersion.Current, [], [s_target]);

    private readonly TapFeed _tap = new();
    private readonly PortBook _sink = new();
    private readonly SentResets _wire = new();
    private InterceptorEnvironment _environment;

    public InterceptorNodeTests()
        : base(ConfigurationFactory.ParseString(KitSettings.Patient +
            """
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.log-dead-letters = off
            tcpcopy.loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 64 }
            """)) =>
        _environment = new InterceptorEnvironment { Sink = _sink, OpenTap = _tap.Open, Addresses = () => [s_target.Address], Sender = _wire };

    protected override void AfterAll()
    {
        // The loop polls the pipe until its actor has ended.
        Assert.True(Sys.Terminate().Wait(TimeSpan.FromSeconds(30)));
        _tap.Close();
        base.AfterAll();
    }

    [Fact]
    public void A_copier_is_welcomed_and_gets_the_replies_of_its_flows()
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        Assert.Equal(new ushort[] { s_target.Port }, _sink.Ports);

        Begin(tap, copier, 1, 11);
        _tap.Reply(Frames.Replica(1), 100);

        Assert.Equal([(11L, 100u)], ReplyRouterTests.Entries(copier.ExpectMsg<ReplyBatch>()));
    }

    [Fact]
    public void A_reply_that_was_faster_than_its_flow_is_handed_out_when_the_flow_comes()
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        _tap.Reply(Frames.Replica(1), 100);
        // A registered flow's reply behind it: when that is here, the first one has been seen and waits.
        Begin(tap, copier, 2, 22);
        _tap.Reply(Frames.Replica(2), 200);
        Assert.Equal([(22L, 200u)], ReplyRouterTests.Entries(copier.ExpectMsg<ReplyBatch>()));

        Begin(tap, copier, 1, 11);

        Assert.Equal([(11L, 100u)], ReplyRouterTests.Entries(copier.ExpectMsg<ReplyBatch>()));
    }

    [Fact]
    public void Greeting_again_changes_nothing()
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        Begin(tap, copier, 1, 11);
        Assert.Equal(tap, Greet(node, copier));
        Assert.Equal(1, _sink.Changes);

        _tap.Reply(Frames.Replica(1), 100);
        Assert.Equal([(11L, 100u)], ReplyRouterTests.Entries(copier.ExpectMsg<ReplyBatch>()));
    }

    [Fact]
    public void A_port_outside_the_restriction_is_refused()
    {
        var node = Start(new InterceptorSettings { Node = new NodeSettings(), Ports = [443] });
        node.Tell(s_hello, TestActor);
        Assert.Contains("port 8080", ExpectMsg<Refused>().Reason, StringComparison.Ordinal);
        Assert.Equal(0, _sink.Changes);
    }

    [Fact]
    public void Rules_that_cannot_be_extended_are_the_copiers_to_know()
    {
        _sink.Failure = new RulesException("nft says no");
        var node = Start();
        node.Tell(s_hello, TestActor);
        Assert.Contains("nft says no", ExpectMsg<Refused>().Reason, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task The_flows_of_a_copier_that_goes_are_forgotten(bool saysGoodbye)
    {
        var node = Start();
        var (copier, other) = (CreateTestProbe(), CreateTestProbe());
        var tap = Greet(node, copier);
        Begin(tap, copier, 1, 11);
        Begin(Greet(node, other), other, 2, 22);
        if (saysGoodbye)
            tap.Tell(Goodbye.Instance, copier);
        else
            Sys.Stop(copier);

        await AwaitLiveFlows(node, 1);
        _tap.Reply(Frames.Replica(2), 200);
        Assert.Equal([(22L, 200u)], ReplyRouterTests.Entries(other.ExpectMsg<ReplyBatch>()));
    }

    /// <summary>One that takes its leave has closed its replicas, and one that only has another actor now goes on with them.</summary>
    [Theory, InlineData("goodbye"), InlineData("actor"), InlineData("silence")]
    public async Task The_replicas_of_a_copier_that_is_not_heard_of_are_reset_and_no_others(string end)
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        Begin(tap, copier, 1, 11);
        _tap.Reply(Frames.Replica(1), 100);
        copier.ExpectMsg<ReplyBatch>();
        if (end == "goodbye")
            tap.Tell(Goodbye.Instance, copier);
        else if (end == "actor")
            Sys.Stop(copier);
        else
            node.Tell(new CloseSilent(copier.Ref.Path.Address, TimeSpan.FromSeconds(-1)));

        await AwaitLiveFlows(node, 0);
        Assert.Equal(end == "silence" ? [(Frames.Replica(1), 0u)] : [], _wire.Resets);
    }

    [Fact]
    public async Task A_copier_whose_heart_beats_is_not_forgotten_however_little_it_says()
    {
        _environment = _environment with { IsReachable = _ => true };
        var node = Start();
        var copier = CreateTestProbe();
        Begin(Greet(node, copier), copier, 1, 11);
        node.Tell(new CloseSilent(copier.Ref.Path.Address, TimeSpan.FromSeconds(-1)));
        await AwaitLiveFlows(node, 1);
        _tap.Reply(Frames.Replica(1), 100);
        copier.ExpectMsg<ReplyBatch>();
        Assert.Empty(_wire.Resets);
    }

    /// <summary>Members tell each other of roles; a certificate alone proves one.</summary>
    [Theory, InlineData(false), InlineData(null)]
    public void Who_is_not_certified_as_a_copier_gets_no_replies(bool? answer)
    {
        _environment = _environment with { IsCopier = _ => answer };
        var node = Start();
        var copier = CreateTestProbe();
        node.Tell(s_hello, copier);
        if (answer is false)
            Assert.Contains("not a copier's", copier.ExpectMsg<Refused>().Reason, StringComparison.Ordinal);
        node.Tell(new Stranger(copier), TestActor);

        node.Tell(new Stop(SaysGoodbye: true), TestActor);
        Assert.Equal(0, ExpectMsg<InterceptorReport>().LiveFlows);
        copier.ExpectNoMsg(TimeSpan.Zero);
        Assert.Empty(_sink.Ports);
    }

    [Fact]
    public void A_real_client_that_resets_a_replica_is_told_to_its_copier()
    {
        var resets = new TapFeed();
        _environment = _environment with { OpenResetWatch = resets.Open };
        var node = Start();
        var copier = CreateTestProbe();
        Begin(Greet(node, copier), copier, 1, 11);
        _tap.Reply(Frames.Replica(1), 100);
        copier.ExpectMsg<ReplyBatch>();

        resets.Raw(Frames.Reset(Frames.Replica(2)));
        resets.Raw(Frames.Reset(Frames.Replica(1)));

        Assert.Equal(new ReplicaReset(new FlowId(11)), copier.ExpectMsg<ReplicaReset>());
        copier.ExpectNoMsg(TimeSpan.Zero);
    }

    /// <summary>So that it registers all its flows again: as after a partition that outlasted the patience with its silence.</summary>
    [Fact]
    public async Task A_copier_that_was_forgotten_and_comes_back_is_welcomed_again()
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        Begin(tap, copier, 1, 11);
        node.Tell(new CloseSilent(copier.Ref.Path.Address, TimeSpan.FromSeconds(-1)));
        await AwaitLiveFlows(node, 0);

        Begin(tap, copier, 2, 22);
        Assert.Equal([s_target.Port], copier.ExpectMsg<Welcome>().Ports);
        Begin(copier.LastSender, copier, 1, 11);
        await AwaitLiveFlows(node, 1);
    }

    [Fact]
    public void A_failed_tap_is_opened_again_and_has_lost_no_route()
    {
        var node = Start();
        var copier = CreateTestProbe();
        Begin(Greet(node, copier), copier, 1, 11);
        _tap.FailDrain = new CaptureException("the device stumbled");

        _tap.Reply(Frames.Replica(1), 100);

        Assert.Equal([(11L, 100u)], ReplyRouterTests.Entries(copier.ExpectMsg<ReplyBatch>()));
        Assert.Equal(2, _tap.Opened);
        Assert.False(_environment.Failed.Task.IsCompleted);
    }

    [Fact]
    public async Task A_tap_that_cannot_be_opened_again_ends_the_node_with_the_reason()
    {
        var node = Start();
        Greet(node, CreateTestProbe());
        _tap.FailOpen = new CaptureException("the device is gone");
        _tap.FailDrain = new CaptureException("the device stumbled");

        _tap.Reply(Frames.Replica(1), 100);

        var failure = await _environment.Failed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("the device is gone", Assert.IsType<CaptureException>(failure).Message);
    }

    [Fact]
    public async Task A_tap_that_cannot_be_opened_at_all_is_told_at_once()
    {
        _tap.FailOpen = new CaptureException("no such device");
        Sys.ActorOf(NodeProps(new InterceptorSettings { Node = new NodeSettings() }), "interceptor");
        var failure = await _environment.Failed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("no such device", failure?.Message);
        Assert.False(_environment.Opened.Task.IsCompleted);
    }

    [Fact]
    public void Stopping_sends_what_was_gathered_and_answers_with_figures_that_reconcile()
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        Begin(tap, copier, 1, 11);
        _tap.Reply(Frames.Replica(1), 100);
        copier.ExpectMsg<ReplyBatch>();

        node.Tell(new Stop(SaysGoodbye: true), TestActor);
        copier.ExpectMsg<Goodbye>();
        tap.Tell(Goodbye.Instance, copier);

        var report = ExpectMsg<InterceptorReport>();
        Assert.Equal((1L, 1L, 1L, 1L, 7L), (report.Frames, report.Replies, report.Routed, report.Batches, report.TapDropped));
        Assert.Equal((1L, 1L), (Assert.Single(report.Copiers).Flows, report.Copiers[0].Replies));
    }

    [Fact]
    public void The_tap_stays_open_until_the_copiers_have_closed_their_replicas()
    {
        var node = Start();
        var copier = CreateTestProbe();
        var tap = Greet(node, copier);
        Begin(tap, copier, 1, 11);

        node.Tell(new Stop(SaysGoodbye: true), TestActor);
        copier.ExpectMsg<Goodbye>();
        _tap.Reply(Frames.Replica(1), 100);
        Assert.Equal([(11L, 100u)], ReplyRouterTests.Entries(copier.ExpectMsg<ReplyBatch>()));
        tap.Tell(Goodbye.Instance, copier);

        ExpectMsg<InterceptorReport>();
    }

    [Fact]
    public void One_that_leaves_its_rules_leaves_the_replicas_too()
    {
        var node = Start();
        var copier = CreateTestProbe();
        Begin(Greet(node, copier), copier, 1, 11);

        node.Tell(new Stop(SaysGoodbye: false), TestActor);

        ExpectMsg<InterceptorReport>();
        copier.ExpectNoMsg(TimeSpan.Zero);
        Assert.Empty(_wire.Resets);
    }

    private IActorRef Start(InterceptorSettings? settings = null)
    {
        var node = Sys.ActorOf(NodeProps(settings ?? new InterceptorSettings { Node = new NodeSettings() }), "interceptor");
        Assert.True(_environment.Opened.Task.Wait(TimeSpan.FromSeconds(30)));
        return node;
    }

    private Props NodeProps(InterceptorSettings settings)
    {
        var environment = _environment;
        return Props.Create(() => new InterceptorNode(settings, environment));
    }

    /// <returns>Whom the interceptor wants flows to be sent to.</returns>
    private static IActorRef Greet(IActorRef node, TestProbe copier)
    {
        node.Tell(s_hello, copier);
        var welcome = copier.ExpectMsg<Welcome>();
        Assert.Equal(ProtocolVersion.Current, welcome.Version);
        Assert.Equal([s_target.Port], welcome.Ports);
        Assert.Equal([s_target.Address], welcome.Addresses);
        return copier.LastSender;
    }

    private Task AwaitLiveFlows(IActorRef node, int count) => AwaitAssertAsync(
        async () => Assert.Equal(count, (await node.Ask<InterceptorReport>(GetReport.Instance)).LiveFlows), TimeSpan.FromSeconds(30));

    private static void Begin(IActorRef tap, TestProbe copier, int replica, long id)
    {
        var batch = new FlowBatchWriter();
        batch.Begin(new FlowId(id), Frames.Replica(replica));
        tap.Tell(batch.Take(), copier);
    }
}
