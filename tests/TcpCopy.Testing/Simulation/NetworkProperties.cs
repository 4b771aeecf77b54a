using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>A property of every run does not hold.</summary>
public sealed class PropertyException(string message) : Exception(message);

/// <summary>What holds of every run, whatever the network, the capture, the client and the target do.</summary>
public static class NetworkProperties
{
    /// <exception cref="PropertyException">One does not hold.</exception>
    public static void Check(SimulatedNetwork run)
    {
        Require(run.Complaints.Count == 0, () => $"{run.Complaints.Count} complaints; the first: {run.Complaints[0]}");
        CheckEnd(run);
        CheckStreams(run);
        CheckBooks(run);
    }

    /// <summary>Everything has arrived and was closed, all at the first try of a replica.</summary>
    /// <exception cref="PropertyException">Not so.</exception>
    public static void CheckReplayed(SimulatedNetwork run)
    {
        var tally = run.Session.Tally;
        Require(run.Session.Outcome == SessionOutcome.Replayed, () => $"the outcome is {run.Session.Outcome}, and the network was good enough");
        Require(tally.BytesLost == 0, () => $"{tally.BytesLost} bytes are counted as lost");
        Require(tally.RequestsLost == 0, () => $"{tally.RequestsLost} requests are counted as lost");
        Require(run.Host.Connections.Count == 1, () => $"{run.Host.Connections.Count} connections were opened for one session");
        var received = run.Host.Connections[0].End.ReceivedBytes;
        Require(received == run.Client.Length, () => $"the target received {received} of {run.Client.Length} bytes");
    }

    /// <exception cref="PropertyException">The condition does not hold; <paramref name="problem"/> says what is wrong.</exception>
    public static void Require(bool holds, Func<string> problem)
    {
        if (!holds)
            throw new PropertyException(problem());
    }

    private static void CheckEnd(SimulatedNetwork run)
    {
        Require(run.Session.IsClosed, () => $"the session has not closed within {run.Plan.Limit}");
        Require(run.Session.Outcome is not null, () => "the session has closed without an outcome");
        Require(run.Session.NextWake == Instant.Never, () => "a closed session asks to be woken");
        Require(run.Leases.Outstanding == 0, () => $"{run.Leases.Outstanding} of {run.Leases.Leased} leases were not released");
        Require(run.Session.BufferedBytes == 0, () => $"a closed session reports {run.Session.BufferedBytes} buffered bytes");
        var cap = run.Plan.Settings.MaxBufferedBytes;
        Require(run.MostBuffered <= cap, () => $"{run.MostBuffered} bytes were buffered, and {cap} is the cap");
    }

    private static void CheckStreams(SimulatedNetwork run)
    {
        foreach (var connection in run.Host.Connections)
        {
            var offset = run.Server.OffsetOf(connection);
            Require(
                offset == 0 || run.Client.Requests.Contains(offset),
                () => $"a replica begins at byte {offset}, where no request does");
            Require(
                run.Client.Stream.AsSpan(offset).StartsWith(connection.End.Received),
                () => $"what the target received from byte {offset} on is no run of the client's stream");
        }
    }

    private static void CheckBooks(SimulatedNetwork run)
    {
        var tally = run.Session.Tally;
        var (least, most) = run.Heard;
        Require(
            tally.BytesAcknowledged >= least && tally.BytesAcknowledged <= most,
            () => $"{tally.BytesAcknowledged} bytes are counted as acknowledged, and the target told of {least} to {most}");
        Require(tally.RequestsAnswered <= tally.RequestsAcknowledged, () => "more requests are answered than acknowledged");
        Require(tally.RequestsAcknowledged <= tally.RequestsCaptured, () => "more requests are acknowledged than captured");
        Require(
            tally.RequestsLost > 0 == tally.BytesLost > 0,
            () => $"{tally.BytesLost} bytes are counted as lost with {tally.RequestsLost} requests");
        var written = run.Host.Connections.Sum(connection => connection.End.WrittenBytes);
        Require(tally.ReplyBytes <= written, () => $"{tally.ReplyBytes} reply bytes are counted, and {written} were written");
        if (run.Plan.StopsAt is not null)
            return;
        // Holes count once something is seen behind them: what is missing at the end is known to nobody.
        var extent = run.Capture.Bytes + run.Capture.Missing.Sum(missing => missing.Length);
        Require(
            tally.BytesCaptured >= run.Capture.Bytes && tally.BytesCaptured <= extent,
            () => $"{tally.BytesCaptured} bytes are counted as captured of {run.Capture.Bytes} that were, with holes {extent}");
        Require(run.Plan.Client.ProbesCarryGarbage || tally.ConflictingBytes == 0, () => $"{tally.ConflictingBytes} bytes conflict");
    }
}
