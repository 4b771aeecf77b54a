using Akka.Actor;
using Akka.Cluster;

namespace TcpCopy.Copier;

/// <summary>The members of one role that are at work, as the cluster's events tell: up, not leaving, and heard of or not.</summary>
internal sealed class LiveMembers(string role)
{
    private readonly Dictionary<Address, Member> _up = [];
    private readonly HashSet<Address> _unheard = [];

    /// <summary>Up, and heard of by all that can hear it.</summary>
    public IEnumerable<Member> Heard => _up.Values.Where(member => !_unheard.Contains(member.Address));

    public bool AreAllHeard => _unheard.Count == 0;

    /// <summary>Takes in what the cluster tells.</summary>
    /// <returns>False when it is about something else.</returns>
    public bool Update(ClusterEvent.IClusterDomainEvent news)
    {
        switch (news)
        {
            case ClusterEvent.IMemberEvent { Member: var member } when member.HasRole(role):
                Update(member, news);
                return true;
            case ClusterEvent.UnreachableMember { Member: var member } when member.HasRole(role):
                _unheard.Add(member.Address);
                return true;
            case ClusterEvent.ReachableMember { Member: var member } when member.HasRole(role):
                _unheard.Remove(member.Address);
                return true;
            default:
                return false;
        }
    }

    private void Update(Member member, ClusterEvent.IClusterDomainEvent news)
    {
        if (news is ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp)
            _up[member.Address] = member;
        else if (news is not ClusterEvent.MemberJoined)
            _up.Remove(member.Address);
        if (news is ClusterEvent.MemberRemoved)
            _unheard.Remove(member.Address);
    }
}
