using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Copier;

/// <summary>The copier's rules on the online host: connection tracking passes over replicas' packets (<c>tcpcopy.send.notrack</c>).</summary>
public static class CopierRules
{
    /// <summary>Installs it and leaves it there, for copiers that manage no rules.</summary>
    /// <exception cref="RulesException">It cannot be installed.</exception>
    public static void Apply(CopierSettings settings) => UntrackedReplicas.Apply(TargetsElsewhere(settings), settings.Send.Dscp);

    /// <summary>Looks whether it is there, as far as this process may see.</summary>
    /// <exception cref="RulesException">It is not, or was made for other targets.</exception>
    public static void Verify(CopierSettings settings) => UntrackedReplicas.VerifyApplied(TargetsElsewhere(settings), settings.Send.Dscp);

    /// <summary>Removes it, and those that killed copiers left.</summary>
    /// <exception cref="RulesException">Something cannot be removed, or a copier in own-IP mode is at work on this host.</exception>
    public static void Remove()
    {
        UntrackedReplicas.RemoveApplied();
        OwnIpSink.RemoveLeftovers();
    }

    /// <summary>Installs it for as long as the node runs.</summary>
    internal static UntrackedReplicas? Install(CopierSettings settings) =>
        UntrackedReplicas.Install(TargetsElsewhere(settings), settings.Send.Dscp);

    /// <summary>On a target of this very host the interceptor's rules know replicas by the mark of their connection, which has to be tracked.</summary>
    private static List<Endpoint> TargetsElsewhere(CopierSettings settings)
    {
        if (!settings.Send.Untracked)
            return [];
        var own = DeviceFinder.HostAddresses();
        return [.. settings.Transfers.Select(transfer => transfer.Target).Distinct()
            .Where(target => !target.Address.IsLoopback && !own.Contains(target.Address))];
    }
}
