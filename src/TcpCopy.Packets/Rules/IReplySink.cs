namespace TcpCopy.Packets.Rules;

/// <summary>What an interceptor asks of its installed sink while it runs.</summary>
public interface IReplySink
{
    /// <summary>Target ports whose marked connections are served.</summary>
    IReadOnlyCollection<ushort> Ports { get; }

    /// <summary>False where this host has no IPv6: replicas over IPv6 cannot be served.</summary>
    bool ServesV6 { get; }

    /// <summary>Serves exactly these ports from now on.</summary>
    /// <exception cref="RulesException">The kernel refuses; the ports served before stay served.</exception>
    void SetPorts(IEnumerable<ushort> ports);
}
