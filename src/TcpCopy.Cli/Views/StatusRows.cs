using System.Globalization;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>A node's status as the rows of a table.</summary>
internal static class StatusRows
{
    private const int MegaByte = 1_000_000;

    public static string TitleOf(string name, NodeStatus status) =>
        string.Create(CultureInfo.InvariantCulture, $"{status.Role} {name}: {status.Obstacle ?? "ready"}, up {status.Uptime:0} s, version {status.Version}");

    public static IReadOnlyList<SummaryRow> Of(NodeStatus status) =>
    [
        .. status.Copier is { } copier ? Of(copier) : [],
        .. status.Interceptor is { } interceptor ? Of(interceptor) : [],
        .. status.Nodes.Select(node => new SummaryRow("cluster", $"{node.Role} {node.Address}", node.IsReachable ? node.Status : "unreachable")),
        new("process", "CPU time, s", status.Process.CpuSeconds.ToString("0.00", CultureInfo.InvariantCulture)),
        SummaryRow.Of("process", "memory resident, MB", status.MemoryBytes / MegaByte),
    ];

    private static IEnumerable<SummaryRow> Of(CopierStatus copier) =>
    [
        SummaryRow.Of("sessions", "seen", copier.Sessions.Seen),
        SummaryRow.Of("sessions", "live", copier.Sessions.Live),
        .. copier.Sessions.Ended.Select(ended => SummaryRow.Of("sessions", ended.Key, ended.Value)),
        SummaryRow.Of("requests", "seen", copier.Requests.Seen),
        SummaryRow.Of("requests", "acknowledged by the target", copier.Requests.Acknowledged),
        SummaryRow.Of("requests", "answered by the target", copier.Requests.Answered),
        SummaryRow.Of("requests", "in flight", copier.Requests.InFlight),
        SummaryRow.Of("requests", "lost", copier.Requests.Lost),
        .. copier.Requests.LostByCause.Select(lost => SummaryRow.Of("requests", $"lost: {lost.Key}", lost.Value)),
        SummaryRow.Of("bytes", "seen", copier.Bytes.Seen),
        SummaryRow.Of("bytes", "acknowledged by the target", copier.Bytes.Acknowledged),
        SummaryRow.Of("bytes", "in flight", copier.Bytes.InFlight),
        SummaryRow.Of("bytes", "lost", copier.Bytes.Lost),
        SummaryRow.Of("capture", "packets received", copier.Capture.Received),
        SummaryRow.Of("capture", "packets dropped", copier.Capture.Dropped + copier.Capture.DroppedByInterface),
        SummaryRow.Of("capture", "connections whose beginning was dropped", copier.Capture.MissedBeginnings),
        SummaryRow.Of("send", "packets", copier.Send.Packets),
        SummaryRow.Of("send", "retransmissions", copier.Send.Retransmissions),
        .. copier.Send.Failures.Select(failure => SummaryRow.Of("send", $"refused by the kernel: {failure.Key}", failure.Value)),
        .. copier.RoundTrip.Select(side => new SummaryRow("times", $"round trip, {side.Key}: p50 / p99", Show(side.Value))),
        .. copier.FirstReply.Select(side => new SummaryRow("times", $"first reply, {side.Key}: p50 / p99", Show(side.Value))),
        SummaryRow.Of("memory", "held by sessions, MB", copier.Memory.Used / MegaByte),
        SummaryRow.Of("memory", "max-memory, MB", copier.Memory.Budget / MegaByte),
        .. copier.Links.Select(link => new SummaryRow("links", $"interceptor {link.Node}", link.IsUp ? "up" : "down")),
    ];

    private static IEnumerable<SummaryRow> Of(InterceptorStatus interceptor) =>
    [
        SummaryRow.Of("tap", "frames", interceptor.Tap.Frames),
        SummaryRow.Of("tap", "dropped", interceptor.Tap.Dropped),
        SummaryRow.Of("replies", "taken", interceptor.Replies.Taken),
        SummaryRow.Of("replies", "sent to copiers", interceptor.Replies.Routed),
        SummaryRow.Of("replies", "of flows that nobody registered", interceptor.Replies.Expired),
        SummaryRow.Of("flows", "live", interceptor.Flows),
        .. interceptor.Copiers.Select(copier => new SummaryRow("copiers", $"{copier.Node}: {copier.Replies} replies", copier.IsServed ? "served" : "gone")),
    ];

    private static string Show(TimePart times) => $"{TimeText.Of(times.P50)} / {TimeText.Of(times.P99)}";
}
