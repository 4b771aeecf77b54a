using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace TcpCopy.Node.Hosting;

/// <summary>
/// Keeps the addresses of the members seen last in a <see cref="PeerFile"/>. Members that go are kept: a node that leaves sees all others go, and one
/// that no longer answers costs the next start a few seconds.
/// </summary>
public sealed class PeerRecorder : UntypedActor
{
    private const int Limit = 16;

    private readonly PeerFile _file;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly List<Address> _newestFirst = [];

    private readonly Action _onJoined;

    /// <param name="file">Where they are kept.</param>
    /// <param name="onJoined">Called when the cluster has this node, be it weakly: while somebody is not heard of no newcomer becomes more.</param>
    public PeerRecorder(PeerFile file, Action onJoined) => (_file, _onJoined) = (file, onJoined);

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        if (message is not (ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp) || message is not ClusterEvent.IMemberEvent { Member: var member })
            return;
        if (member.Address == _cluster.SelfAddress)
            _onJoined();
        else
            Record(member);
    }

    private void Record(Member member)
    {
        _newestFirst.Remove(member.Address);
        _newestFirst.Insert(0, member.Address);
        if (_newestFirst.Count > Limit)
            _newestFirst.RemoveAt(Limit);
        Write();
    }

    private void Write()
    {
        try
        {
            _file.Write(_newestFirst);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Context.GetLogger().Warning("cannot remember the cluster's members, so a restart may not find them: {0}", error.Message);
        }
    }
}
