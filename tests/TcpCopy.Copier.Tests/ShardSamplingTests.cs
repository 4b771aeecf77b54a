using Akka.Actor;
using TcpCopy.Copier.Shards;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A shard that copies one session in four.</summary>
public sealed class ShardSamplingTests() : ShardKit(Settings with { Sample = Share })
{
    private const double Share = 0.25;

    private static readonly SessionSampler Sampler = new(Share);
    private static readonly FlowKey[] Picked = [.. Flows().Where(flow => Sampler.Takes(flow.Client)).Take(3)];
    private static readonly FlowKey[] Others = [.. Flows().Where(flow => !Sampler.Takes(flow.Client)).Take(5)];

    [Fact]
    public void Whole_sessions_are_picked_and_the_others_counted_once()
    {
        foreach (var flow in Others)
        {
            Feed.Client(flow, Syn());
            Feed.Client(flow, Syn());
            Feed.Client(flow, Data("one"));
            Feed.Client(flow, Data("two", at: 4, seen: 10));
        }
        // Open before the copier: its data alone tells of it.
        var old = Flows().Where(flow => !Sampler.Takes(flow.Client)).ElementAt(5);
        Feed.Client(old, Data("old", at: 1_000));
        Feed.Client(old, Data("old", at: 1_003, seen: 10));
        // The client's next connection with the same port.
        Feed.Client(Others[0], Syn(ClientIsn + 5_000));
        Establish(Picked[0]);

        var report = Stop();
        Assert.Equal(8, report.Sessions.Seen);
        Assert.Equal((7, 1), (report.Sessions.Ended[SessionOutcome.SampledOut], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.Equal(0, report.Sessions.Sum.BytesCaptured);
        Assert.All(Wire.Segments, sent => Assert.Equal(Replica(Picked[0]), sent.Replica));
    }

    [Fact]
    public void With_a_smaller_share_sessions_end_whole_and_with_a_larger_one_they_are_joined_again()
    {
        var (sooner, later) = (Picked[0], Picked[1]);
        // A share that picks only one of the two.
        var less = Enumerable.Range(1, 999).Select(step => step / 1_000.0)
            .First(share => new SessionSampler(Share * share).Takes(sooner.Client) != new SessionSampler(Share * share).Takes(later.Client));
        if (new SessionSampler(Share * less).Takes(later.Client))
            (sooner, later) = (later, sooner);
        var kept = Establish(sooner);
        Establish(later);
        Feed.Client(later, Data("in flight"));
        NextPayload();

        Root.Tell(new SampleSessions(less), ActorRefs.NoSender);
        Assert.Equal(Replica(later), Next(sent => sent.Flags.Has(TcpFlags.Rst)).Replica);
        Feed.Client(later, Data("passed over", at: 10, seen: 10));
        Feed.Client(sooner, Data("still copied"));
        Assert.Equal((Replica(sooner), "still copied"), NextPayload() is var sent ? (sent.Replica, sent.Payload) : default);
        Acknowledge(kept, 12);
        Root.Tell(new SampleSessions(1), ActorRefs.NoSender);
        Settle();
        // A request shows as one by what its client had seen before.
        Feed.Client(later, Data("passed over", at: 21, seen: 20));
        Feed.Client(later, Data("joined", at: 32, seen: 30));
        Assert.Equal((Replica(later), TcpFlags.Syn), Next(_ => true) is var syn ? (syn.Replica, syn.Flags) : default);

        var report = Stop();
        Assert.Equal(3, report.Sessions.Seen);
        Assert.Equal((1, 2), (report.Sessions.Ended[SessionOutcome.SampledOut], report.Sessions.Ended[SessionOutcome.Stopped]));
        Assert.Equal((1, 9), (report.Sessions.LostRequests[SessionOutcome.SampledOut], report.Sessions.LostBytes[SessionOutcome.SampledOut]));
        Assert.Equal(0, report.LeakedBytes);
    }

    private static IEnumerable<FlowKey> Flows() => Enumerable.Range(40_000, 1_000).Select(port => Flow((ushort)port));
}
