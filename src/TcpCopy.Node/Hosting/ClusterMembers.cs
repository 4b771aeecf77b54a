using Akka.Cluster;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Node.Hosting;

/// <summary>The nodes of the cluster.</summary>
public static class ClusterMembers
{
    /// <summary>The newest that is known; from any thread.</summary>
    public static IReadOnlyList<ClusterMember> ReadAll(Cluster cluster)
    {
        var state = cluster.State;
        return [.. state.Members.Select(member => new ClusterMember(
            $"{member.Address.Host}:{member.Address.Port}", RoleOf(member), $"{member.Status}".ToLowerInvariant(),
            !state.Unreachable.Contains(member), member.Address.Equals(cluster.SelfAddress)))];
    }

    /// <summary>What the node does; a copier may have the role of a split group besides.</summary>
    private static string RoleOf(Member member) =>
        member.HasRole(NodeSystem.InterceptorRole) ? NodeSystem.InterceptorRole : member.HasRole(NodeSystem.CopierRole) ? NodeSystem.CopierRole : "";
}
