using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;

namespace TcpCopy.Cli.Http;

/// <summary>Makes of sessions what the API shows of them.</summary>
internal static class SessionParts
{
    /// <param name="page">Has one more than the limit where there is a page behind.</param>
    /// <param name="limit">How many are shown.</param>
    public static SessionList Of(SessionPage page, int limit) => new(
        [.. page.Rows.Take(limit).Select(Of)], page.Matching, page.Rows.Count > limit ? page.Rows[limit - 1].Place.ToString() : null);

    public static SessionLine Of(SessionRow row) => new(
        row.Place.Name.ToString(), row.Client.ToString(), row.Online.ToString(), row.Target.ToString(), ApiName.Of(row.Phase),
        row.Outcome is { } outcome ? ApiName.Of(outcome) : null, Seconds(row.Age), Of(row.Tally), row.BufferedBytes,
        Seconds(row.HeldFor), Seconds(row.RoundTrip));

    public static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 6);

    public static SessionCounts Of(in SessionTally tally) => new(
        tally.RequestsCaptured, tally.RequestsAcknowledged, tally.RequestsAnswered, tally.BytesCaptured, tally.BytesAcknowledged, tally.ReplyBytes,
        tally.SegmentsSent, tally.Retransmissions, tally.ReplyWaitsExpired);

    public static SessionInside Of(string id, SessionDetail detail)
    {
        var state = detail.State;
        return new SessionInside(
            id, detail.Client.ToString(), detail.Online.ToString(), detail.Target.ToString(), ApiName.Of(state.Phase),
            state.Outcome is { } outcome ? ApiName.Of(outcome) : null, Seconds(detail.Age), Of(state.Tally),
            new SessionQueue(state.BufferedBytes, Seconds(state.HeldFor), state.HasGap, state.Client),
            state.Replica is { } replica ? Of(replica) : null, [.. detail.Events.Select(Of)]);
    }

    public static ReplicaInside Of(ReplicaState replica) => new(
        replica.Captured, replica.Sent, replica.Acknowledged, replica.ReplyNext, replica.TargetWindow, replica.CongestionWindow,
        Seconds(replica.RoundTrip), Seconds(replica.RetransmissionTimeout), replica.IsTargetClosed);

    public static EventLine Of(SessionEvent happened) => new(
        Seconds(happened.After), ApiName.Of(happened.Kind),
        happened.Kind == SessionEventKind.Phase ? ApiName.Of((SessionPhase)happened.Value) : $"{happened.Value}");
}
