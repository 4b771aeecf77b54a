using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>Anything that crosses Akka.Remote between a copier and an interceptor; the serializer knows exactly these.</summary>
public interface IWireMessage;

/// <summary>Shard of a copier to interceptor: asks to be served.</summary>
/// <param name="Version">Protocol version, <see cref="ProtocolVersion.Current"/>.</param>
/// <param name="Features">Names of optional features that the sender has; unknown ones are ignored.</param>
/// <param name="Targets">Endpoints that replicas will be sent to.</param>
public sealed record Hello(int Version, IReadOnlyList<string> Features, IReadOnlyList<Endpoint> Targets) : IWireMessage;

/// <summary>Interceptor to copier: served from now on.</summary>
/// <param name="Version">Protocol version of the interceptor.</param>
/// <param name="Features">Names of optional features of the interceptor.</param>
/// <param name="Ports">Target ports whose replies it takes.</param>
/// <param name="Addresses">The host's own addresses: a target among them is this interceptor's.</param>
public sealed record Welcome(int Version, IReadOnlyList<string> Features, IReadOnlyList<ushort> Ports, IReadOnlyList<HostAddress> Addresses)
    : IWireMessage
{
    /// <summary>Ranges that replicas come from whose replies it takes; empty: any.</summary>
    public IReadOnlyList<AddressRange> Clients { get; init; } = [];
}

/// <summary>Interceptor to copier: not served, and why, in words for the operator (what, where, remedy).</summary>
public sealed record Refused(string Reason) : IWireMessage;

/// <summary>
/// Copier to interceptor: forget every flow of the sender, whose replicas are closed. Interceptor to copier: it is about to stop; close the replicas that
/// it serves and say goodbye too.
/// </summary>
public sealed record Goodbye : IWireMessage
{
    public static readonly Goodbye Instance = new();
}

/// <summary>Interceptor to copier: a real client has reset this replica, so what the target answered to it had reached that client.</summary>
public sealed record ReplicaReset(FlowId Id) : IWireMessage;

/// <summary>Optional features that nodes name in their greetings.</summary>
public static class FeatureNames
{
    /// <summary>A copier asks for the traces of replies, and an interceptor adds them to its batches (<see cref="ReplyTrace"/>).</summary>
    public const string Trace = "trace";
}

/// <summary>What the nodes of a cluster agree on before anything else.</summary>
public static class ProtocolVersion
{
    /// <summary>Raised when a message changes shape; nodes of different versions refuse each other by name.</summary>
    public const int Current = 4;
}
