using System.Buffers.Binary;
using System.Text;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>
/// What a stranger who knows Akka.Remote's protocol would send: it introduces itself as a node, and then has a payload of its own made for one of the
/// actors. Written byte by byte (Protocol Buffers), as no node would write it.
/// </summary>
internal static class ForeignPeer
{
    // Commands of Akka's protocol.
    private const int Associate = 1;
    private const int Quarantined = 5;

    /// <summary>It has nothing to say but that it will hear the node no more.</summary>
    public static byte[] Quarantine() => Join(Frame(Field(2, Introduction())), Frame(Field(2, Number(1, Quarantined))));

    /// <param name="node">Host and port of the node as it announces itself.</param>
    /// <param name="serializer">Identifier of the serializer that the payload claims to be of.</param>
    /// <param name="manifest">What the payload claims to be.</param>
    /// <param name="payload">Itself.</param>
    public static byte[] Message(string node, int serializer, string manifest, string payload)
    {
        var message = Join(Text(1, payload), Number(2, serializer), Text(3, manifest));
        var recipient = Text(1, $"akka.tcp://tcpcopy@{node}/user/interceptor");
        var envelope = Join(Field(1, recipient), Field(2, message));
        return Join(Frame(Field(2, Introduction())), Frame(Field(1, Field(2, envelope))));
    }

    private static byte[] Introduction()
    {
        var origin = Join(Text(1, "tcpcopy"), Text(2, "10.77.0.4"), Number(3, 1000), Text(4, "akka.tcp"));
        return Join(Number(1, Associate), Field(2, Join(Field(1, origin), [2 << 3 | 1, 1, 0, 0, 0, 0, 0, 0, 0])));
    }

    private static byte[] Frame(byte[] content)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
        return Join(length, content);
    }

    private static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] content) => Join([(byte)(number << 3 | 2)], Whole(content.Length), content);

    private static byte[] Number(int number, int value) => Join([(byte)(number << 3)], Whole(value));

    // Seven bits a byte, least first, the eighth says that more follow.
    private static byte[] Whole(int value) => value < 128 ? [(byte)value] : Join([(byte)(value & 127 | 128)], Whole(value >> 7));

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
