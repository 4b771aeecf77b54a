using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace TcpCopy.Contracts.Serialization;

/// <summary>
/// Stands where Akka's JSON serializer would: same identifier, refuses everything. The original instantiates any type that the
/// <c>$type</c> of an inbound payload names, so whoever reaches the cluster port could choose what is constructed.
/// </summary>
public sealed class RefusingJsonSerializer : RefusingSerializer
{
    public RefusingJsonSerializer(ExtendedActorSystem system) : base(system, 1, "JSON")
    {
    }

    /// <param name="system">The owner.</param>
    /// <param name="config">Ignored: there is nothing to set.</param>
    public RefusingJsonSerializer(ExtendedActorSystem system, Config config) : this(system) => _ = config;
}

/// <summary>
/// Stands where Akka's serializer of remote deployment would: nodes never create actors on each other, and a stranger on the cluster
/// port must not create any class with arguments of his choice.
/// </summary>
public sealed class RefusingDeploymentSerializer(ExtendedActorSystem system) : RefusingSerializer(system, 3, "remote deployment");

/// <summary>
/// A serializer that takes an identifier and refuses to serve under it. It has a string manifest because Akka hands such a one over as it
/// came, where for others it looks up the type of that name first.
/// </summary>
public abstract class RefusingSerializer(ExtendedActorSystem system, int identifier, string what) : SerializerWithStringManifest(system)
{
    public override int Identifier => identifier;

    public override string Manifest(object o) => "";

    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType().FullName} has no serializer: {what} is not sent between nodes");

    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"{what} of {bytes.Length} bytes for '{manifest}' refused: nodes take none");
}
