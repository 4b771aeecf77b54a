using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard that gets less done than is captured.</summary>
public sealed class ShardDelayTests() : ShardKit(Settings, hasOtherDevice: true)
{
    private StandingDelay Limits => new(((ICaptureSource)Feed).Bridge);

    private TimeSpan Step => Limits.Interval / 5;

    [Fact]
    public void While_packets_wait_for_the_copier_sessions_that_begin_are_shed_whole_and_the_others_go_on()
    {
        var (old, late, next) = (Flow(40_000), Flow(40_001), Flow(40_002));
        Establish(old);
        LetDelayStand(old);
        Begin(late);
        Feed.Client(old, Data("still copied"));
        Assert.Equal((Replica(old), "still copied"), NextPayload() is var sent ? (sent.Replica, sent.Payload) : default);

        DelayFrames(TimeSpan.Zero);
        Begin(next);
        Assert.Equal(Replica(next), Next(segment => segment.Flags == TcpFlags.Syn).Replica);
        // The copier has caught up, but nobody could tell that a request begins here.
        Feed.Client(late, Data("shed with its session"));
        Settle();

        var report = Stop();
        Assert.Equal(3, report.Sessions.Seen);
        Assert.Equal((1, 2), (report.Sessions.Ended[SessionOutcome.Shed], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.DoesNotContain(Wire.Segments, segment => segment.Replica == Replica(late));
    }

    [Fact]
    public void A_shed_connection_that_goes_on_is_joined()
    {
        var (old, late) = (Flow(40_000), Flow(40_001));
        Establish(old);
        LetDelayStand(old);
        Begin(late);
        Settle();
        DelayFrames(TimeSpan.Zero);
        Advance(TimeSpan.FromSeconds(1));
        Feed.Client(late, Data("who knows where it begins"));
        Feed.Client(late, Data("a request", at: 26, seen: 10));
        Assert.Equal(Replica(late), Next(segment => segment.Flags == TcpFlags.Syn).Replica);
    }

    [Fact]
    public void What_waited_in_a_burst_is_copied()
    {
        var (old, burst) = (Flow(40_000), Flow(40_001));
        Establish(old);
        DelayFrames(Limits.Target);
        Acknowledge(old);
        Begin(burst);
        Assert.Equal(Replica(burst), Next(segment => segment.Flags == TcpFlags.Syn).Replica);
    }

    [Fact]
    public void A_device_that_falls_silent_keeps_no_session_of_another_one_from_beginning()
    {
        var (old, shed, copied) = (Flow(40_000), Flow(40_001), Flow(40_002));
        Establish(old);
        LetDelayStand(old);
        OtherFeed.Client(shed, Syn());
        Advance(TimeSpan.FromSeconds(15));
        OtherFeed.Client(copied, Syn());
        Assert.Equal(Replica(copied), Next(segment => segment.Flags == TcpFlags.Syn).Replica);
        Assert.Equal(1, Stop().Sessions.Ended[SessionOutcome.Shed]);
    }

    private void LetDelayStand(FlowKey flow)
    {
        DelayFrames(Limits.Target);
        for (var stood = TimeSpan.Zero; stood <= Limits.Interval; stood += Step)
            Acknowledge(flow);
    }

    private void Begin(FlowKey flow) => Feed.Client(flow, Syn());

    /// <summary>Something that is captured, and asks for nothing.</summary>
    private void Acknowledge(FlowKey flow)
    {
        Feed.Client(flow, new OutgoingSegment { Sequence = new(ClientIsn + 1), Flags = TcpFlags.Ack });
        Advance(Step);
    }
}
