namespace TcpCopy.Contracts.Api;

/// <summary>A node of the cluster, as one of them sees it.</summary>
/// <param name="Address">"10.0.0.1:36524": where the others reach it.</param>
/// <param name="Role">copier or interceptor.</param>
/// <param name="Status">joining, up, weaklyup, leaving, exiting or down.</param>
/// <param name="IsReachable">It answers.</param>
/// <param name="IsSelf">It is the node that tells this.</param>
public sealed record ClusterMember(string Address, string Role, string Status, bool IsReachable, bool IsSelf);
