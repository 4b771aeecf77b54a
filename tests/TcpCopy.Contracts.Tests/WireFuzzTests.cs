using System.Runtime.Serialization;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Fuzzing;
using Xunit;

namespace TcpCopy.Contracts.Tests;

/// <summary>Messages from a hostile peer: read or refused by name, at a cost that the message's own length bounds.</summary>
public sealed class WireFuzzTests(ITestOutputHelper output)
{
    private static readonly WireSerializer Serializer = new(null!);

    private static readonly (string Manifest, byte[] Bytes)[] Messages =
        [.. Sound().Select(message => (Serializer.Manifest(message), Serializer.ToBinary(message)))];

    [Fact]
    public void No_message_breaks_the_serializer() => output.WriteLine(Fuzz.Run(200_000, Deserialize));

    private static void Deserialize(Random random)
    {
        var (manifest, sound) = Messages[random.Next(Messages.Length)];
        var other = Messages[random.Next(Messages.Length)];
        var bytes = Mutation.Of(sound, other.Bytes, random);
        if (random.Next(10) == 0)
            manifest = other.Manifest;

        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Walk(random.Next(4) == 0 ? ReplyFrame.Read(Framed(bytes, random), out _) : Serializer.FromBinary(bytes, manifest));
        }
        catch (SerializationException)
        {
            // Refused, as it should be.
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // An exception with its trace takes a few KB; an item in memory takes up to 20 times its bytes in the frame (an empty text: 2).
        Assert.True(allocated <= 32_768 + (20L * bytes.Length), $"{allocated} bytes were allocated for a message of {bytes.Length}");
    }

    /// <summary>As it would come past Akka's endpoints, mostly with a recipient of the length that is said.</summary>
    private static byte[] Framed(byte[] message, Random random) =>
        [0, (byte)(random.Next(8) == 0 ? random.Next(256) : 3), .. "a/b"u8, .. message];

    private static void Walk(object message)
    {
        switch (message)
        {
            case FlowBatch flows:
                var flowReader = new FlowBatchReader(flows.Entries.Span);
                while (flowReader.TryRead(out _))
                {
                }
                break;
            case ReplyBatch replies:
                var replyReader = new ReplyBatchReader(replies.Entries.Span);
                while (replyReader.TryRead(out _, out _))
                {
                }
                break;
        }
    }

    private static IEnumerable<IWireMessage> Sound()
    {
        var address = HostAddress.Parse("10.0.0.1");
        yield return new Hello(ProtocolVersion.Current, ["sack", ""], [new Endpoint(address, 80), new Endpoint(HostAddress.Parse("fd00::1"), 443)]);
        yield return new Welcome(ProtocolVersion.Current, ["sack"], [80, 443], [address]) { Clients = [AddressRange.Of(address)] };
        yield return new Refused("port 80 is not served");
        yield return Goodbye.Instance;
        var flows = new FlowBatchWriter();
        flows.Begin(new FlowId(1), new FlowKey(new Endpoint(address, 40_000), new Endpoint(address, 80)));
        flows.End(new FlowId(2), new FlowKey(new Endpoint(address, 40_001), new Endpoint(address, 80)));
        yield return flows.Take();
        var replies = new ReplyBatchWriter();
        for (uint seed = 1; seed < 4; seed++)
            replies.Add(new FlowId(seed), Replies.Header(seed, 512, 1_448, 0x18, sackCount: (int)seed, option: seed == 2));
        yield return replies.Take();
    }
}
