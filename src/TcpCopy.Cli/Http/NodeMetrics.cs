using TcpCopy.Interceptor;

namespace TcpCopy.Cli.Http;

/// <summary>The metrics of an interceptor, and those of every node.</summary>
internal static class NodeMetrics
{
    /// <summary>All metrics there are, in the order of the documented table (config/metrics.md).</summary>
    public static IReadOnlyList<MetricDefinition> All { get; } = [.. CopierMetrics.All, .. OfInterceptors(), .. OfEveryNode()];

    private static MetricDefinition[] OfInterceptors() =>
    [
        Counter("tcpcopy_tap_frames_total", "Frames that the sink swallowed and the tap saw.", interceptor => interceptor.Frames),
        Counter("tcpcopy_tap_dropped_total", "Frames that the tap missed: its kernel buffer was full.", interceptor => interceptor.TapDropped),
        Counter("tcpcopy_tap_unusable_total", "Frames without whole TCP headers.", interceptor => interceptor.NotReplies),
        Counter("tcpcopy_intercepted_replies_total", "The target's TCP headers: routed + unclaimed + orphaned + waiting.", interceptor => interceptor.Replies),
        Counter("tcpcopy_intercepted_replies_routed_total", "Sent to the copier that they belong to.", interceptor => interceptor.Routed),
        Counter("tcpcopy_intercepted_replies_unclaimed_total", "Of flows that no copier registered in time.", interceptor => interceptor.Expired),
        Counter("tcpcopy_intercepted_replies_orphaned_total", "To replicas of a copier that is gone; answered by reset.", interceptor => interceptor.Orphaned),
        Gauge("tcpcopy_intercepted_replies_waiting", "Waiting for the registration of their flow.", interceptor => interceptor.Waiting),
        Gauge("tcpcopy_flows_live", "Flows that copiers have registered.", interceptor => interceptor.LiveFlows),
        Counter("tcpcopy_flow_collisions_total", "Flows that two copiers claimed at once.", interceptor => interceptor.Collisions),
        ByCopier("tcpcopy_copier_served", MetricKind.Gauge, "1: the copier is served at this moment.", copier => copier.IsServed ? 1 : 0),
        ByCopier("tcpcopy_copier_flows_total", MetricKind.Counter, "Flows that the copier registered.", copier => copier.Flows),
        ByCopier("tcpcopy_copier_replies_total", MetricKind.Counter, "Replies sent to the copier.", copier => copier.Replies),
        ByCopier("tcpcopy_copier_batches_total", MetricKind.Counter, "Messages that they were sent in.", copier => copier.Batches),
    ];

    private static MetricDefinition[] OfEveryNode() =>
    [
        new("tcpcopy_ready", MetricKind.Gauge, "", "1: the node works; a copier is linked to an interceptor and captures, and no replies escape.",
            node => [new Sample(node.Obstacle is null ? 1 : 0)]),
        new("tcpcopy_cluster_members", MetricKind.Gauge, "role reachable", "Nodes of the cluster, this one included.",
            node => node.Members.GroupBy(member => (member.Role, member.IsReachable)).Select(members => new Sample(
                members.Count(), ("role", members.Key.Role), ("reachable", members.Key.IsReachable ? "yes" : "no")))),
        new("tcpcopy_cpu_seconds_total", MetricKind.Counter, "", "User and system time of the process.", node => [new Sample(node.Process.CpuSeconds)]),
        new("tcpcopy_resident_bytes", MetricKind.Gauge, "", "Memory that the process has resident.", node => [new Sample(node.MemoryBytes)]),
    ];

    private static MetricDefinition Counter(string name, string meaning, Func<InterceptorReport, long> read) => new(
        name, MetricKind.Counter, "", meaning, node => node.Interceptor is { } interceptor ? [new Sample(read(interceptor))] : []);

    private static MetricDefinition Gauge(string name, string meaning, Func<InterceptorReport, long> read) =>
        Counter(name, meaning, read) with { Kind = MetricKind.Gauge };

    private static MetricDefinition ByCopier(string name, MetricKind kind, string meaning, Func<ServedCopier, long> read) => new(
        name, kind, "copier", meaning, node => node.Interceptor is { } interceptor
            ? interceptor.Copiers.Select(copier => new Sample(read(copier), ("copier", AddressOf(copier.Node))))
            : []);

    /// <summary>"10.0.0.13:40001" of "akka.tcp://tcpcopy@10.0.0.13:40001".</summary>
    private static string AddressOf(string node) => node[(node.IndexOf('@', StringComparison.Ordinal) + 1)..];
}
