using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Feed;

/// <summary>All nodes that the page was given.</summary>
public sealed class ClusterWatch(IEnumerable<INodeClient> clients, TimeProvider time, WatchPace pace)
{
    public IReadOnlyList<NodeWatch> Nodes { get; } = [.. clients.Select(client => new NodeWatch(client, time, pace))];

    /// <summary>Until it is stopped.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Nodes.Select(node => node.RunAsync(stop)));

    /// <summary>The copier with that name, else the first one; null: no node that has answered is a copier.</summary>
    public NodeWatch? FindCopier(string? name)
    {
        var copiers = Nodes.Where(node => node.View.IsCopier).ToList();
        return copiers.FirstOrDefault(node => node.View.Name == name) ?? copiers.FirstOrDefault();
    }

    /// <summary>The node that the page was given by that name; null: there is none.</summary>
    public NodeWatch? FindNode(string? name) => Nodes.FirstOrDefault(node => node.View.Name == name);

    /// <summary>A node as its address in the cluster names it; null: it was not given to the page, or has never answered.</summary>
    public NodeWatch? FindMember(string address) =>
        Nodes.FirstOrDefault(node => node.View.Change?.Now.Nodes.Any(member => member.IsSelf && member.Address == address) ?? false);
}
