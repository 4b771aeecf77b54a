namespace TcpCopy.Core.Wire;

/// <summary>An address and a TCP port.</summary>
public readonly record struct Endpoint(HostAddress Address, ushort Port)
{
    /// <summary>"10.0.0.1:80" or "[fe80::1]:80".</summary>
    public override string ToString() => Address.IsV4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>One TCP connection as seen from its client: the client's end and the server's end.</summary>
public readonly record struct FlowKey(Endpoint Client, Endpoint Server)
{
    /// <summary>"10.0.0.9:40000 > 10.0.0.1:80": the session's key in every log line.</summary>
    public override string ToString() => $"{Client} > {Server}";
}
