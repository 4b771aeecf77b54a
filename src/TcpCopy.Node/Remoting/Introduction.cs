using Akka.Actor;
using Google.Protobuf;

namespace TcpCopy.Node.Remoting;

/// <summary>
/// The first message on an association, in which Akka's protocol says whose it is (WireFormats.proto of Akka.Remote: AkkaProtocolMessage.instruction,
/// AkkaControlMessage.handshakeInfo, AkkaHandshakeInfo.origin, AddressData). It is for Akka to answer; the transport only learns where the connection leads.
/// </summary>
internal static class Introduction
{
    private const int Instruction = 2;
    private const int HandshakeInfo = 2;
    private const int Origin = 1;
    private const int System = 1;
    private const int Host = 2;
    private const int Port = 3;
    private const int Protocol = 4;

    /// <summary>The address under which the peer is known; null: the message is another one.</summary>
    public static Address? OriginOf(ByteString message)
    {
        try
        {
            var origin = Field(Field(Field(message, Instruction), HandshakeInfo), Origin);
            if (origin.IsEmpty)
                return null;
            var (system, host) = (Field(origin, System).ToStringUtf8(), Field(origin, Host).ToStringUtf8());
            return new Address(Field(origin, Protocol).ToStringUtf8(), system, host, NumberIn(origin, Port));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Empty where there is none.</summary>
    private static ByteString Field(ByteString message, int number)
    {
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited))
                return input.ReadBytes();
            input.SkipLastField();
        }
        return ByteString.Empty;
    }

    private static int NumberIn(ByteString message, int number)
    {
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.Varint))
                return (int)input.ReadUInt32();
            input.SkipLastField();
        }
        return 0;
    }
}
