using System.Buffers.Binary;
using System.Runtime.Serialization;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Contracts.Serialization;

/// <summary>
/// A batch of replies as the transport carries it without Akka's envelopes: the path of the actor that gets it, its length in two bytes before it, and the
/// batch as the serializer writes it.
/// </summary>
public static class ReplyFrame
{
    private const int LengthBytes = 2;

    /// <param name="recipient">At most 64 KB.</param>
    /// <param name="batch">Not released.</param>
    public static int SizeOf(ReadOnlySpan<byte> recipient, ReplyBatch batch) =>
        LengthBytes + recipient.Length + BatchFrame.HeadBytes + batch.Entries.Length;

    /// <param name="frame">Of that size.</param>
    /// <param name="recipient">The actor's path, in UTF-8.</param>
    /// <param name="batch">Stays the caller's.</param>
    public static void Write(Span<byte> frame, ReadOnlySpan<byte> recipient, ReplyBatch batch)
    {
        BinaryPrimitives.WriteUInt16BigEndian(frame, checked((ushort)recipient.Length));
        recipient.CopyTo(frame[LengthBytes..]);
        BatchFrame.Write(frame[(LengthBytes + recipient.Length)..], batch.Entries.Span);
    }

    /// <summary>Checks everything but whether there is such an actor.</summary>
    /// <returns>A batch with bytes of its own.</returns>
    /// <exception cref="SerializationException">What came is no such frame.</exception>
    public static ReplyBatch Read(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> recipient)
    {
        var reader = new FrameReader(frame, WireSerializer.RepliesName);
        recipient = reader.Bytes(reader.UInt16("recipient"), "recipient");
        return new ReplyBatch(BatchFrame.Check(reader.Rest(), WireSerializer.RepliesName, ReplyEntryLayout.Check));
    }
}
