using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;
using static TcpCopy.Testing.Simulation.NetworkProperties;

namespace TcpCopy.Core.Tests.Session;

public static partial class NetworkClasses
{
    private static void ExpectClean(SimulatedNetwork run)
    {
        CheckReplayed(run);
        var tally = run.Session.Tally;
        Require(tally.Retransmissions == 0, () => $"{tally.Retransmissions} retransmissions on a network without fault");
        Require(run.Server.EarlyRequests == 0, () => $"{run.Server.EarlyRequests} requests came before the one before was answered");
        Require(tally.ReplyWaitsExpired == 0, () => $"{tally.ReplyWaitsExpired} waits for an answer ran out");
        Require(!run.Server.WasCutShort || run.Plan.Client.Ending != ClientEnding.Fin, () => "the FIN came before the last answer had got through");
    }

    private static void ExpectSilenceNoticed(SimulatedNetwork run)
    {
        ExpectOneOf(run, SessionOutcome.Replayed, SessionOutcome.ReplyTimeout, SessionOutcome.NoSynAck);
        Require(run.Duration < TimeSpan.FromMinutes(3), () => $"the session took {run.Duration} to give up");
    }

    private static void ExpectGapsJoined(SimulatedNetwork run)
    {
        ExpectGapsCounted(run);
        var received = run.Host.Connections.Sum(connection => connection.End.ReceivedBytes);
        Require(received == run.Session.Tally.BytesAcknowledged, () => $"{received} bytes were received, {run.Session.Tally.BytesAcknowledged} are counted");
        ExpectEverythingJoinable(run);
    }

    private static void ExpectGapsCounted(SimulatedNetwork run)
    {
        ExpectOneOf(run, run.Capture.Missing.Count > 0 ? SessionOutcome.CaptureGap : SessionOutcome.Replayed);
        var captured = run.Session.Tally.BytesCaptured;
        Require(captured == run.Client.Length, () => $"{captured} bytes are counted as captured, holes included, of {run.Client.Length}");
    }

    private static void ExpectJoined(SimulatedNetwork run)
    {
        ExpectOneOf(run, SessionOutcome.Replayed);
        Require(run.Host.Connections.Count == 1, () => $"{run.Host.Connections.Count} connections for one session");
        var tally = run.Session.Tally;
        var joined = run.Client.Length - run.Server.OffsetOf(run.Host.Connections[0]);
        Require(tally.BytesAcknowledged == joined, () => $"{tally.BytesAcknowledged} bytes are acknowledged of the {joined} from the first request on");
        Require(tally.BytesCaptured == run.Client.Length - run.Capture.First, () => $"{tally.BytesCaptured} bytes are counted as captured");
        Require(tally.RequestsLost == 1, () => $"{tally.RequestsLost} requests are lost, and only the first cannot be known to be whole");
        ExpectEverythingJoinable(run);
    }

    private static void ExpectClosed(SimulatedNetwork run) =>
        ExpectOneOf(run, SessionOutcome.Replayed, SessionOutcome.TargetClosedEarly, SessionOutcome.TargetReset);

    private static void ExpectReset(SimulatedNetwork run) => ExpectOneOf(run, SessionOutcome.Replayed, SessionOutcome.TargetReset);

    private static void ExpectShed(SimulatedNetwork run)
    {
        ExpectOneOf(run, SessionOutcome.Replayed, SessionOutcome.Shed);
        if (run.Session.Outcome == SessionOutcome.Replayed)
            CheckReplayed(run);
    }

    private static void ExpectStopped(SimulatedNetwork run)
    {
        var last = run.Capture.Captured.Count > 0 ? run.Capture.Captured.Max(item => item.At) : TimeSpan.Zero;
        var stop = run.Plan.StopsAt ?? TimeSpan.Zero;
        var latest = (last > stop ? last : stop) + TimeSpan.FromSeconds(5);
        Require(run.Duration <= latest, () => $"stopped at {stop}, the session closed at {run.Duration} only");
    }

    private static void ExpectOneOf(SimulatedNetwork run, params SessionOutcome[] outcomes)
    {
        var outcome = run.Session.Outcome ?? default;
        Require(outcomes.Contains(outcome), () => $"the outcome is {outcome} and not {string.Join(" or ", outcomes)}");
        var lost = run.Session.Tally.BytesLost;
        var isJoined = run.Plan.Capture.BeginsBehind > 0;
        Require(outcome != SessionOutcome.Replayed || lost == 0 || isJoined, () => $"replayed, and {lost} bytes are lost");
    }

    /// <summary>Every request that was captured whole, and whose beginning can be known because what lies before it was captured, has arrived.</summary>
    private static void ExpectEverythingJoinable(SimulatedNetwork run)
    {
        var starts = run.Client.Requests;
        for (var index = 0; index < starts.Count; index++)
        {
            var start = starts[index];
            var end = index + 1 < starts.Count ? starts[index + 1] : run.Client.Length;
            var isBeginningKnown = run.Capture.SawSyn ? start >= 0 : start > run.Capture.First;
            // One byte before: the segment that the request follows.
            if (!isBeginningKnown || run.Capture.Missing.Any(missing => missing.Offset < end && missing.End > Math.Max(0, start - 1)))
                continue;
            var hasArrived = run.Host.Connections.Any(connection => Holds(run, connection, start, end));
            Require(hasArrived, () => $"the request of bytes {start} to {end} could have been joined, and has not arrived");
        }
    }

    private static bool Holds(SimulatedNetwork run, TargetConnection connection, int start, int end)
    {
        var offset = run.Server.OffsetOf(connection);
        return offset <= start && offset + connection.End.ReceivedBytes >= end;
    }
}
