using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>One of two shards of a copier: two resets by real clients, or five replicas without an answer, are too many for it.</summary>
public sealed class ShardEscapeTests() : ShardKit(Settings with { Shards = 2, Escape = Escape })
{
    private static readonly TimeSpan ShortOfAProbe = TimeSpan.FromMilliseconds(500);

    private static readonly EscapeSettings Escape = new()
    {
        ClientResets = 4,
        SilentReplicas = 9,
        Silence = TimeSpan.FromTicks(1),
        ProbeInterval = 4 * ShortOfAProbe,
    };

    [Fact]
    public void Resets_by_real_clients_stop_new_replicas_until_one_is_answered_again()
    {
        var (first, second) = (Establish(Flow(40_000)), Establish(Flow(40_001)));
        Feed.Client(Flow(40_002), Syn());
        Assert.Equal(Replica(Flow(40_002)), Next(sent => sent.Flags == TcpFlags.Syn).Replica);
        Interceptor.Say(new ReplicaReset(first));
        Interceptor.Say(new ReplicaReset(second));
        // The one that was not answered yet would go on asking.
        Assert.Equal(Replica(Flow(40_002)), Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica);

        // Until a probe's time no SYN goes out, whatever begins; the probe is what begins first from then on.
        var probe = BeginUntilOneIsTried(41_000, out var shed);
        Assert.Equal(4, shed);
        AnswerSyn(NextFlow(probe));
        Assert.Equal(Replica(probe), Next(sent => sent.Flags == TcpFlags.Ack).Replica);
        Establish(Flow(45_000));

        var report = Stop();
        Assert.Equal(3 + shed + 2, report.Sessions.Seen);
        Assert.Equal(1 + shed, report.Sessions.Ended[SessionOutcome.Shed]);
        Assert.Equal(4, report.Sessions.Ended[SessionOutcome.Stopped]);
    }

    [Fact]
    public async Task A_shard_that_has_stopped_is_not_at_work()
    {
        Interceptor.Say(new ReplicaReset(Establish(Flow(40_000))));
        Assert.Null((await ReadAsync()).Obstacle);
        Interceptor.Say(new ReplicaReset(Establish(Flow(40_001))));
        await UntilAsync(figures => figures.Obstacle == "replies escape");

        Root.Tell(ResumeCopying.Instance, Root);
        await UntilAsync(figures => figures.Obstacle is null);
    }

    [Fact]
    public void On_command_replicas_are_opened_again_before_a_probe_is_due()
    {
        Interceptor.Say(new ReplicaReset(Establish(Flow(40_000))));
        Interceptor.Say(new ReplicaReset(Establish(Flow(40_001))));
        Assert.True(Resume());
        Assert.False(Resume());

        Establish(Flow(40_002));
        Assert.False(Stop().Sessions.Ended.ContainsKey(SessionOutcome.Shed));

        bool Resume()
        {
            Settle();
            Root.Tell(ResumeCopying.Instance, Root);
            return NextTold<Resumed>().WasStopped;
        }
    }

    [Fact]
    public void Silence_stops_new_replicas_and_gives_up_those_that_wait()
    {
        for (ushort port = 40_000; port < 40_006; port++)
            BeginUnanswered(Flow(port));
        for (var count = 0; count < 6; count++)
            Next(sent => sent.Flags.Has(TcpFlags.Rst));
        Feed.Client(Flow(40_006), Syn());
        // Their clients go: then the outcome stands.
        for (ushort port = 40_000; port < 40_006; port++)
            Feed.Client(Flow(port), new OutgoingSegment { Sequence = new(ClientIsn + 1), Flags = TcpFlags.Rst });

        var report = Stop();
        Assert.Equal((7, 7), (report.Sessions.Seen, report.Sessions.Ended[SessionOutcome.Shed]));
    }

    [Fact]
    public void As_long_as_open_replicas_are_answered_there_is_no_silence()
    {
        var id = Establish(Flow(39_999));
        for (ushort port = 40_000; port < 40_020; port++)
        {
            BeginUnanswered(Flow(port));
            Acknowledge(id, 0);
        }
        Assert.False(Stop().Sessions.Ended.ContainsKey(SessionOutcome.Shed));
    }

    [Fact]
    public void Sessions_that_wait_for_a_request_to_join_at_send_nothing_that_could_be_answered()
    {
        for (ushort port = 40_000; port < 40_020; port++)
            Feed.Client(Flow(port), Data("in the middle"));
        Advance(TimeSpan.FromSeconds(1));
        Establish(Flow(41_000));

        var report = Stop();
        Assert.Equal((21, 21), (report.Sessions.Seen, report.Sessions.Ended.Values.Sum()));
        Assert.False(report.Sessions.Ended.ContainsKey(SessionOutcome.Shed));
    }

    [Fact]
    public void Silence_is_no_wonder_while_an_interceptor_is_not_heard_of()
    {
        Root.Tell(new InterceptorsHeard(false), ActorRefs.NoSender);
        for (ushort port = 40_000; port < 40_020; port++)
            BeginUnanswered(Flow(port));
        Assert.False(Stop().Sessions.Ended.ContainsKey(SessionOutcome.Shed));
    }

    private void BeginUnanswered(FlowKey flow)
    {
        Feed.Client(flow, Syn());
        Assert.Equal(Replica(flow), Next(sent => sent.Flags == TcpFlags.Syn).Replica);
        Advance(Escape.Silence);
    }

    private FlowKey BeginUntilOneIsTried(ushort port, out int shed)
    {
        FlowKey flow;
        for (shed = 0; !IsTried(flow = Flow((ushort)(port + shed))); shed++)
        {
            Assert.True(shed < 100, "no probe is sent");
            Advance(ShortOfAProbe);
        }
        return flow;
    }

    private bool IsTried(FlowKey flow)
    {
        Feed.Client(flow, Syn());
        Settle();
        return IsAnySent(sent => sent.Flags == TcpFlags.Syn, out _);
    }
}
