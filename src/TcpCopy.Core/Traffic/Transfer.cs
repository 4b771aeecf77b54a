using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>One copying rule: client traffic to this online address and port goes to that target.</summary>
/// <param name="OnlineAddress">Null: any address of the online host.</param>
/// <param name="OnlinePort">1 to 65535.</param>
/// <param name="Target">Where the replicas go.</param>
public sealed record Transfer(HostAddress? OnlineAddress, ushort OnlinePort, Endpoint Target)
{
    /// <summary>The form of the -x option: "10.0.0.13:80-10.0.0.148:8080".</summary>
    public override string ToString() =>
        OnlineAddress is { } address ? $"{new Endpoint(address, OnlinePort)}-{Target}" : $"{OnlinePort}-{Target}";
}
