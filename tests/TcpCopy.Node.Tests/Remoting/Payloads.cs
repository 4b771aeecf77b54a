using Google.Protobuf;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>What tests send.</summary>
internal static class Payloads
{
    /// <summary>A message of so many bytes, the same ones each time.</summary>
    public static ByteString Message(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    /// <summary>A batch with one reply.</summary>
    public static ReplyBatch BatchOf(long flow)
    {
        var writer = new ReplyBatchWriter();
        writer.Add(new FlowId(flow), default);
        return writer.Take();
    }
}
