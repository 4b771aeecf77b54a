using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>A capture that misses segments: runs of the client's stream that start at requests reach the target, and all that can be joined do.</summary>
public class HoledCaptureTests
{
    private static readonly int[] OneIn = [20, 50, 200, 1_000];

    public static TheoryData<int> Seeds => new(Enumerable.Range(1, 60));

    [Theory, MemberData(nameof(Seeds))]
    public void Behind_every_gap_the_session_goes_on_at_the_next_request(int seed)
    {
        var run = new HoledConversation(new() { Seed = seed, Requests = Mixed(seed), Missed = 1.0 / OneIn[seed % OneIn.Length] }).Run();
        ExpectRuns(run);
        ExpectEverythingJoinable(run);
        Assert.Equal(run.Misses.Count > 0 ? SessionOutcome.CaptureGap : SessionOutcome.Replayed, run.Session.Outcome);
        Assert.Equal(run.ClientStream.Length, run.Session.Tally.BytesCaptured);
        Assert.Equal(run.Host.Connections.Sum(connection => connection.End.ReceivedBytes), run.Session.Tally.BytesAcknowledged);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void On_a_lossy_network_too(int seed)
    {
        var link = new LinkQuality(Loss: 0.05, Duplication: 0.01, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(0.5));
        var run = new HoledConversation(new()
        {
            Seed = seed, Requests = Mixed(seed), Missed = 1.0 / OneIn[seed % OneIn.Length], Link = link,
        }).Run();
        ExpectRuns(run);
        Assert.Equal(run.Misses.Count > 0 ? SessionOutcome.CaptureGap : SessionOutcome.Replayed, run.Session.Outcome);
        Assert.Equal(run.ClientStream.Length, run.Session.Tally.BytesCaptured);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_session_that_was_open_before_is_joined_at_its_next_request_and_copied_to_its_end(int seed)
    {
        var run = new HoledConversation(new() { Seed = seed, Requests = Mixed(seed), BeginsBehind = seed }).Run();
        ExpectRuns(run);
        ExpectEverythingJoinable(run);
        var only = Assert.Single(run.Host.Connections);
        Assert.Equal(SessionOutcome.Replayed, run.Session.Outcome);
        Assert.Equal(run.ClientStream.Length - HoledConversation.OffsetOf(only), run.Session.Tally.BytesAcknowledged);
        Assert.Equal(run.ClientStream.Length - run.FirstCaptured, run.Session.Tally.BytesCaptured);
        Assert.Equal(1, run.Session.Tally.RequestsLost);
    }

    private static void ExpectRuns(HoledConversation run)
    {
        Assert.True(run.Session.IsClosed, "the session has not closed within an hour");
        Assert.Equal(0, run.Leases.Outstanding);
        Assert.Equal(0, run.Session.BufferedBytes);
        Assert.Equal(0, run.Session.Tally.ConflictingBytes);
        foreach (var connection in run.Host.Connections)
        {
            var offset = HoledConversation.OffsetOf(connection);
            Assert.Contains(offset, run.Starts);
            Assert.True(
                run.ClientStream[offset..].StartsWith(connection.End.Received),
                $"what the target received from {offset} on is no run of the client's stream");
        }
    }

    /// <summary>Every request that was captured whole, and whose beginning can be known because what lies before it was captured, has arrived.</summary>
    private static void ExpectEverythingJoinable(HoledConversation run)
    {
        for (var index = 0; index < run.Starts.Count; index++)
        {
            var start = run.Starts[index];
            var end = index + 1 < run.Starts.Count ? run.Starts[index + 1] : run.ClientStream.Length;
            var isBeginningKnown = start > run.FirstCaptured || run.FirstCaptured == 0;
            // One byte before: the segment that the request follows.
            if (!isBeginningKnown || run.Misses.Any(miss => miss.Offset < end && miss.Offset + miss.Length > Math.Max(0, start - 1)))
                continue;
            Assert.Contains(run.Host.Connections, connection => Holds(connection, start, end));
        }
    }

    private static bool Holds(TargetConnection connection, int start, int end)
    {
        var offset = HoledConversation.OffsetOf(connection);
        return offset <= start && offset + connection.End.ReceivedBytes >= end;
    }

    private static List<int> Mixed(int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, 100).Select(_ => random.Next(3) == 0 ? random.Next(1, 8_000) : random.Next(1, 600)).ToList();
    }
}
