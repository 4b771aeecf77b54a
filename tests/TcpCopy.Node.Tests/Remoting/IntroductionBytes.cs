using System.Text;
using Akka.Actor;
using Google.Protobuf;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>A node's first message, by which it says who it is.</summary>
internal static class IntroductionBytes
{
    /// <summary>As Akka's protocol has it: field 2 in field 2 holds the address as field 1, its parts are fields 1 to 4.</summary>
    public static ByteString Of(Address peer)
    {
        byte[] address = [.. Text(1, peer.System), .. Text(2, peer.Host), 0x18, .. Varint(peer.Port!.Value), .. Text(4, peer.Protocol)];
        byte[] handshake = [.. Field(1, address), 0x11, 1, 2, 3, 4, 5, 6, 7, 8];
        return ByteString.CopyFrom(Field(2, [0x08, 1, .. Field(2, handshake)]));
    }

    private static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] value) => [(byte)(number << 3 | 2), .. Varint(value.Length), .. value];

    private static byte[] Varint(int value) => value < 128 ? [(byte)value] : [(byte)(value | 128), .. Varint(value >> 7)];
}
