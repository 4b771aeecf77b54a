using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Serialization;

/// <summary>
/// The one serializer of what copiers and interceptors say to each other: a closed list of messages, explicit bytes, every length
/// checked. Bytes that it does not understand end in a <see cref="SerializationException"/> that says what was wrong.
/// </summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Akka keeps 0 to 40 for itself.</summary>
    public const int Id = 7790;

    private const string HelloName = "hello";
    private const string WelcomeName = "welcome";
    private const string RefusedName = "refused";
    private const string GoodbyeName = "goodbye";
    private const string FlowsName = "flows";
    private const string ResetName = "reset";

    /// <summary>Of the one message whose loss is made good by what comes after it: a link that is full may drop it.</summary>
    public const string RepliesName = "replies";

    public override int Identifier => Id;

    /// <exception cref="SerializationException">Not an <see cref="IWireMessage"/> of this version.</exception>
    public override string Manifest(object o) => o switch
    {
        Hello => HelloName,
        Welcome => WelcomeName,
        Refused => RefusedName,
        Goodbye => GoodbyeName,
        FlowBatch => FlowsName,
        ReplyBatch => RepliesName,
        ReplicaReset => ResetName,
        _ => throw Unknown(o),
    };

    /// <exception cref="SerializationException">Not an <see cref="IWireMessage"/> of this version, or a text or list in it is too long.</exception>
    public override byte[] ToBinary(object obj) => obj switch
    {
        Hello hello => new FrameWriter()
            .Int32(hello.Version)
            .List(hello.Features, (frame, feature) => frame.Text(feature))
            .List(hello.Targets, (frame, target) => frame.Endpoint(target))
            .ToArray(),
        Welcome welcome => new FrameWriter()
            .Int32(welcome.Version)
            .List(welcome.Features, (frame, feature) => frame.Text(feature))
            .List(welcome.Ports, (frame, port) => frame.UInt16(port))
            .List(welcome.Addresses, (frame, address) => frame.Address(address))
            .List(welcome.Clients, (frame, range) => frame.Address(range.First).Byte((byte)range.PrefixLength))
            .ToArray(),
        Refused refused => new FrameWriter().Text(refused.Reason).ToArray(),
        Goodbye => [],
        FlowBatch batch => BatchFrame.Of(batch.Entries),
        ReplyBatch batch => BatchFrame.Write(batch.Entries.Span),
        ReplicaReset reset => new FrameWriter().Int64(reset.Id.Value).ToArray(),
        _ => throw Unknown(obj),
    };

    /// <exception cref="SerializationException">Malformed bytes, or a message that this version does not know.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        HelloName => ReadHello(new FrameReader(bytes, manifest)),
        WelcomeName => ReadWelcome(new FrameReader(bytes, manifest)),
        RefusedName => ReadRefused(new FrameReader(bytes, manifest)),
        GoodbyeName => ReadGoodbye(new FrameReader(bytes, manifest)),
        FlowsName => new FlowBatch(BatchFrame.Read(bytes, manifest, FlowEntryLayout.Check)),
        RepliesName => new ReplyBatch(BatchFrame.Read(bytes, manifest, ReplyEntryLayout.Check).Span),
        ResetName => ReadReset(new FrameReader(bytes, manifest)),
        _ => throw new SerializationException($"'{manifest}' is no message of protocol version {ProtocolVersion.Current}"),
    };

    // The version stands first in hello and welcome for all time. What follows it may change with the version, so of another version's
    // greeting the number alone is read: enough to refuse the peer by name instead of failing on its bytes.
    private static Hello ReadHello(FrameReader frame)
    {
        var version = frame.Int32("version");
        if (version != ProtocolVersion.Current)
            return new Hello(version, [], []);
        var features = frame.List("features", 2, ReadFeature);
        var targets = frame.List("targets", 18, static (ref FrameReader reader) => reader.Endpoint("target"));
        frame.End();
        return new Hello(version, features, targets);
    }

    private static Welcome ReadWelcome(FrameReader frame)
    {
        var version = frame.Int32("version");
        if (version != ProtocolVersion.Current)
            return new Welcome(version, [], [], []);
        var features = frame.List("features", 2, ReadFeature);
        var ports = frame.List("ports", 2, static (ref FrameReader reader) => reader.UInt16("port"));
        var addresses = frame.List("addresses", 16, static (ref FrameReader reader) => reader.Address("address"));
        var clients = frame.List("clients", 17, ReadRange);
        frame.End();
        return new Welcome(version, features, ports, addresses) { Clients = clients };
    }

    private static Refused ReadRefused(FrameReader frame)
    {
        var reason = frame.Text("reason");
        frame.End();
        return new Refused(reason);
    }

    private static Goodbye ReadGoodbye(FrameReader frame)
    {
        frame.End();
        return Goodbye.Instance;
    }

    private static AddressRange ReadRange(ref FrameReader reader)
    {
        var (first, length) = (reader.Address("client range"), reader.Byte("client range"));
        return AddressRange.TryMake(first, length, out var range)
            ? range
            : throw reader.Malformed($"a client range begins at {first} and has {length} bits in common");
    }

    private static ReplicaReset ReadReset(FrameReader frame)
    {
        var id = frame.Int64("flow");
        frame.End();
        return new ReplicaReset(new FlowId(id));
    }

    private static string ReadFeature(ref FrameReader reader) => reader.Text("feature");

    private static SerializationException Unknown(object o) =>
        new($"{o.GetType().FullName} is not one of the messages that copiers and interceptors exchange");
}
