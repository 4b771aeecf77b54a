using Akka.Event;
using TcpCopy.Core.Traffic;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Sessions;

/// <summary>Keeps a shard from opening replicas whose replies escape, and tells the operator what is the matter. Loop thread only.</summary>
internal sealed class EscapeGuard(EscapeSettings settings, EventLoop loop, ILoggingAdapter log)
{
    private readonly EscapeDetector _detector = new(settings);

    /// <summary>An interceptor is not heard of: that nothing comes back is no wonder then.</summary>
    private bool _isBlind;

    /// <summary>Whether no more replicas are opened.</summary>
    public bool IsStopped => _detector.Stopped != EscapeSign.None;

    /// <summary>Whether a session that begins now may have a replica; to be asked for one that gets it then.</summary>
    public bool MayOpen() => _detector.MayOpen(loop.Now);

    /// <summary>The session's first SYN is about to go out.</summary>
    /// <returns>True when no more replicas are opened from now on.</returns>
    public bool OnOpened(SessionEntry entry)
    {
        entry.OpenedAt = loop.Now;
        return !_isBlind && _detector.OnOpened(loop.Now) && Say(
            $"none of the last {settings.SilentReplicas} replicas was answered, the first of them {settings.Silence.TotalSeconds:0.#} s ago: either their SYNs "
            + "do not reach the target (forged source addresses filtered on the way, rp_filter or a firewall there, the host is down), or its answers do not "
            + "pass the interceptor (another host's, or its rules are gone: nft list table inet tcpcopy)");
    }

    /// <summary>A reply to a session has come.</summary>
    public void OnReply(SessionEntry entry)
    {
        _detector.ForgetSilence();
        if (entry.IsAnswered)
            return;
        entry.IsAnswered = true;
        if (_detector.OnAnswered(entry.OpenedAt))
            log.Info("a replica was answered as it should be: sessions are copied again");
    }

    /// <summary>A real client has reset the session's replica.</summary>
    /// <returns>True when no more replicas are opened from now on.</returns>
    public bool OnClientReset(SessionEntry entry) => _detector.OnClientReset(loop.Now) && Say(
        $"real clients reset replicas ({entry.Replica} the last one), {settings.ClientResets} within {EscapeDetector.ResetWindow.TotalSeconds:0} s: the "
        + "target's answers reach them. Most likely the interceptor's rules on the target are gone (nft list table inet tcpcopy; start the interceptor again), "
        + "or the way there clears the DSCP mark of replicas");

    /// <summary>The operator says that the cause is mended.</summary>
    /// <returns>True when replicas are opened again from now on.</returns>
    public bool Resume()
    {
        var wasStopped = _detector.Resume();
        if (wasStopped)
            log.Info("sessions are copied again, as the operator says");
        return wasStopped;
    }

    public void SetBlind(bool isBlind)
    {
        _isBlind = isBlind;
        ForgetSilence();
    }

    public void ForgetSilence() => _detector.ForgetSilence();

    private bool Say(string what)
    {
        log.Error(
            "no more sessions are copied: {0}. New sessions count as shed; one is tried every {1:0.#} s, and when it is answered copying goes on by itself"
            + " ('tcpcopy resume' does not wait for that)",
            what, settings.ProbeInterval.TotalSeconds);
        return true;
    }
}
