using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Interceptor;

/// <summary>Decides whether a copier is served here, and for which ports.</summary>
/// <param name="restriction">The only ports served; empty: every port that a copier announces.</param>
/// <param name="allowed">The only targets that may be announced; empty: any.</param>
internal sealed class Admission(IReadOnlyCollection<ushort> restriction, IReadOnlyCollection<AllowedTarget> allowed)
{
    /// <param name="hello">The copier's request.</param>
    /// <param name="addresses">This host's own.</param>
    /// <param name="servesV6">Whether the sink takes IPv6.</param>
    /// <param name="ports">The target ports that concern this host.</param>
    /// <returns>Why not, with the remedy; null: it is served.</returns>
    public string? Refuse(Hello hello, IReadOnlyList<HostAddress> addresses, bool servesV6, out IReadOnlyList<ushort> ports)
    {
        ports = [];
        if (hello.Version != ProtocolVersion.Current)
            return $"it speaks protocol version {ProtocolVersion.Current} and the copier {hello.Version}: install the same tcpcopy on both";
        // A copier names all its targets to every interceptor. Where none is an address of this host there is address translation in between,
        // and any of them may be meant.
        var own = hello.Targets.Where(target => addresses.Contains(target.Address)).ToList();
        var targets = own.Count > 0 ? own : hello.Targets;
        if (allowed.Count > 0 && targets.Where(target => !allowed.Any(entry => entry.Covers(target))).ToList() is { Count: > 0 } forbidden)
            return $"target {string.Join(", ", forbidden)} is not among those that may be copied to ({string.Join(", ", allowed)}): "
                + "see tcpcopy.intercept.allowed-targets there";
        ports = [.. targets.Select(target => target.Port).Distinct().Order()];
        if (restriction.Count > 0 && ports.Except(restriction).ToList() is { Count: > 0 } others)
            return $"port {string.Join(", ", others)} is not among those it is restricted to ({string.Join(", ", restriction.Order())}): "
                + $"start it with -p {string.Join(',', restriction.Union(others).Order())}, or without -p";
        if (!servesV6 && own.FirstOrDefault(target => !target.Address.IsV4) is { Port: > 0 } target)
            return $"target {target} is an IPv6 address, and IPv6 is switched off on its host";
        return null;
    }
}
