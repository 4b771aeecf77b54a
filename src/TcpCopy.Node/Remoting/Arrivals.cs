using TcpCopy.Node.Loop;

namespace TcpCopy.Node.Remoting;

/// <summary>
/// Peers that have connected and not yet said who they are. Of these there are only so many: when another comes, one of the address that has most goes, the
/// one that has waited longest. Strangers who say nothing so keep no peer out, which needs milliseconds. Loop thread only.
/// </summary>
internal sealed class Arrivals(EventLoop loop, int most)
{
    private readonly LinkedList<Arrival> _waiting = [];

    /// <param name="host">Address of the peer.</param>
    /// <param name="refuse">Ends the connection, for the reason given.</param>
    public Arrival Add(string host, Action<string> refuse)
    {
        if (_waiting.Count >= most)
            _waiting.GroupBy(arrival => arrival.Host).MaxBy(ofHost => ofHost.Count())!.First()
                .Refuse($"it has not said who it is, and {most} others at once have not, either");
        var arrival = new Arrival(loop, host, refuse);
        arrival.Node = _waiting.AddLast(arrival);
        return arrival;
    }
}

/// <summary>One of <see cref="Arrivals"/>, until <see cref="End"/>.</summary>
internal sealed class Arrival(EventLoop loop, string host, Action<string> refuse) : LoopDeadline
{
    private Action<string> _refuse = refuse;

    public string Host => host;

    internal LinkedListNode<Arrival>? Node { get; set; }

    /// <summary>It has so long for its first message; who refuses it is another from now on.</summary>
    public void Await(TimeSpan limit, Action<string> refuse)
    {
        _refuse = refuse;
        loop.Deadlines.Set(this, loop.Now + limit);
    }

    /// <summary>It has said who it is, or is gone.</summary>
    public void End()
    {
        loop.Deadlines.Remove(this);
        if (Node is { List: { } all } place)
            all.Remove(place);
        Node = null;
    }

    public void Refuse(string reason)
    {
        End();
        _refuse(reason);
    }

    internal override void Fire() => Refuse("it said nothing in time");
}
