using TcpCopy.Benchmarks.Actors;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Buffers;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Testing.Session;

namespace TcpCopy.Benchmarks.Parts;

/// <summary>A step of the way of the data that can be taken alone, again and again.</summary>
/// <param name="Name">Stands in the ledger of allocations.</param>
/// <param name="Run">One step.</param>
internal sealed record Part(string Name, Action Run)
{
    private const int LinkTypeRawIp = 101;
    private const int Entries = 50;
    private const int Sessions = 10_000;

    private static readonly FlowKey Captured = new(SyntheticClients.ClientOf(0), SyntheticClients.Online);

    /// <summary>Each with state of its own, made anew.</summary>
    public static IReadOnlyList<Part> Create() =>
    [
        Decoding(),
        Encoding(),
        Checksum(),
        Leasing(),
        new("engine: a request and its answer", new KeepAliveExchange().Run),
        .. Messages(),
        .. Table(),
    ];

    private static Part Decoding()
    {
        var frame = new byte[2_048];
        var length = SyntheticClients.ComposeRequest(0)(0, frame);
        return new Part("decode a request's frame", () =>
        {
            var captured = new CapturedFrame(frame.AsSpan(0, length), length, LinkTypeRawIp, new Instant(1));
            if (FrameDecoder.Decode(captured, out _) != DecodeResult.Tcp)
                throw new InvalidOperationException("the frame is not understood");
        });
    }

    private static Part Encoding()
    {
        var frame = new byte[2_048];
        var compose = SyntheticClients.ComposeRequest(0);
        return new Part("encode a request's frame", () => compose(0, frame));
    }

    private static Part Checksum()
    {
        var bytes = new byte[1_460];
        new Random(1).NextBytes(bytes);
        return new Part("checksum of 1460 bytes", () => InternetChecksum.Finish(InternetChecksum.Sum(bytes)));
    }

    private static Part Leasing()
    {
        var pool = new SegmentPool();
        var frame = new byte[2_048];
        var length = SyntheticClients.ComposeRequest(0)(0, frame);
        return new Part("lease a request's payload", () =>
        {
            FrameDecoder.Decode(new CapturedFrame(frame.AsSpan(0, length), length, LinkTypeRawIp, new Instant(1)), out var packet);
            pool.Rent(packet, Captured, SegmentOrigin.Client).Release();
        });
    }

    private static IEnumerable<Part> Messages()
    {
        var (replies, flows) = (new ReplyBatchWriter(), new FlowBatchWriter());
        var replica = new FlowKey(SyntheticClients.ClientOf(0), SyntheticClients.Target);
        var answer = SyntheticClients.Answer(0);
        // The serializer asks nothing of its system.
        var serializer = new WireSerializer(null!);
        var (replyBatch, flowBatch) = (WriteReplies(), WriteFlows());
        var (replyBytes, flowBytes) = (serializer.ToBinary(replyBatch), serializer.ToBinary(flowBatch));
        var (replyName, flowName) = (serializer.Manifest(replyBatch), serializer.Manifest(flowBatch));
        yield return new Part($"gather {Entries} replies", () => WriteReplies().Release());
        yield return new Part($"walk {Entries} replies", () =>
        {
            var reader = new ReplyBatchReader(replyBatch.Entries.Span);
            while (reader.TryRead(out _, out _))
            {
            }
        });
        yield return new Part($"{Entries} replies to bytes", () => serializer.ToBinary(replyBatch));
        yield return new Part($"{Entries} replies from bytes", () => ((ReplyBatch)serializer.FromBinary(replyBytes, replyName)).Release());
        var recipient = "akka.tcp://tcpcopy@10.0.0.13:36524/user/shard#1"u8.ToArray();
        var frame = new byte[ReplyFrame.SizeOf(recipient, replyBatch)];
        ReplyFrame.Write(frame, recipient, replyBatch);
        yield return new Part($"{Entries} replies to a frame", () => ReplyFrame.Write(frame, recipient, replyBatch));
        yield return new Part($"{Entries} replies from a frame", () => ReplyFrame.Read(frame, out _).Release());
        yield return new Part($"gather {Entries} flows", () => WriteFlows());
        yield return new Part($"{Entries} flows to bytes", () => serializer.ToBinary(flowBatch));
        yield return new Part($"{Entries} flows from bytes", () => serializer.FromBinary(flowBytes, flowName));

        ReplyBatch WriteReplies()
        {
            for (var entry = 1; entry <= Entries; entry++)
                replies.Add(new FlowId(entry), answer);
            return replies.Take();
        }

        FlowBatch WriteFlows()
        {
            for (var entry = 1; entry <= Entries; entry++)
                flows.Begin(new FlowId(entry), replica);
            return flows.Take();
        }
    }

    private static IEnumerable<Part> Table()
    {
        var table = new SessionTable();
        for (var session = 0; session < Sessions; session++)
        {
            var client = SyntheticClients.ClientOf(session);
            table.Add(new SessionEntry(
                new FlowId(session), new FlowKey(client, SyntheticClients.Online), new FlowKey(client, SyntheticClients.Target), initialSequence: null));
        }
        var next = 0;
        yield return new Part("find a session by its flow", () =>
            Demand(table.TryFind(new FlowKey(SyntheticClients.ClientOf(next = (next + 1) % Sessions), SyntheticClients.Online), out _)));
        yield return new Part("find a session by its id", () => Demand(table.TryFind(new FlowId(next = (next + 1) % Sessions), out _)));
    }

    private static void Demand(bool isFound)
    {
        if (!isFound)
            throw new InvalidOperationException("a session is missing");
    }
}
