using Akka.Actor;
using Akka.Cluster;
using TcpCopy.Core.Traffic;

namespace TcpCopy.Copier;

/// <summary>
/// The copiers that see the same connections, as this one learns of them from the cluster: members with the group's role that are up and heard of. One that is
/// leaving takes nothing new.
/// </summary>
/// <param name="self">This copier's address.</param>
/// <param name="role">Of the group.</param>
internal sealed class SplitGroup(Address self, string role)
{
    private readonly LiveMembers _members = new(role);
    private readonly HashSet<string> _known = [];

    /// <summary>This copier's part; null before it is a member itself.</summary>
    public SplitShare? Share { get; private set; }

    /// <summary>The role that the members of a group have.</summary>
    public static string RoleOf(string group) => $"split-{group}";

    /// <summary>Takes in what the cluster tells, without consequences yet: what changes together is told piece by piece.</summary>
    /// <returns>True when it is about the group: <see cref="Settle"/> when no more comes.</returns>
    public bool Note(ClusterEvent.IClusterDomainEvent news) => _members.Update(news);

    /// <returns>True when <see cref="Share"/> is another one from now on.</returns>
    public bool Settle()
    {
        var live = _members.Heard.ToList();
        var names = live.ConvertAll(NameOf);
        if (live.Find(member => member.Address == self) is not { } own || _known.SetEquals(names))
            return false;
        _known.Clear();
        _known.UnionWith(names);
        var before = Share ?? SplitShare.Begin(NameOf(own), live.FindAll(member => member != own && member.IsOlderThan(own)).ConvertAll(NameOf));
        Share = before.With(names);
        return true;
    }

    private static string NameOf(Member member) => member.Address.ToString();
}
