using Akka.Event;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>
/// Says when connection tracking is about to run full: it drops what begins then, real clients' connections as well as replicas, and tells the kernel's log
/// alone.
/// </summary>
/// <param name="read">The table; null where there is none.</param>
/// <param name="log">Of the interceptor.</param>
internal sealed class TrackingWatch(Func<TrackedConnections?> read, ILoggingAdapter log)
{
    /// <summary>Shares of the table: of a warning, and of its end.</summary>
    private const double Full = 0.8, Relaxed = 0.6;

    private bool _isSaid;

    public void Look()
    {
        if (read() is not { Most: > 0 } tracked)
            return;
        var share = (double)tracked.Count / tracked.Most;
        if (share >= Full && !_isSaid)
            Say(tracked);
        else if (share < Relaxed)
            _isSaid = false;
    }

    private void Say(in TrackedConnections tracked)
    {
        _isSaid = true;
        log.Warning(
            "the kernel tracks {0} connections and has room for {1}; what begins when that is full is dropped, of real clients and of replicas: raise "
            + "net.netfilter.nf_conntrack_max (a connection is tracked for two minutes after its end), or tell replicas by 'clients' or 'port' "
            + "(tcpcopy.intercept.select), which need no tracking", tracked.Count, tracked.Most);
    }
}
