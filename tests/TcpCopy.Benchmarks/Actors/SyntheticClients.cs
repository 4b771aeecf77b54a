using System.Buffers.Binary;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Clients by number, each with its address and port, and what they and their target say: requests of 300 bytes, answers of 1,000.</summary>
internal static class SyntheticClients
{
    public const int RequestBytes = 300;
    public const int AnswerBytes = 1_000;

    private const uint FirstAddress = 0x0A_40_00_01;
    private const int PortsEach = 32_768;
    private const ushort FirstPort = 20_000;
    private const uint ClientStart = 1_000;
    private const uint OnlineStart = 5_000;
    private const uint TargetStart = 9_000;

    public static readonly Endpoint Online = new(HostAddress.Parse("10.0.0.13"), 80);
    public static readonly Endpoint Target = new(HostAddress.Parse("10.0.0.148"), 8080);

    private static readonly Segment Request = new() { Buffer = new byte[RequestBytes], PayloadLength = RequestBytes };

    public static Endpoint ClientOf(int index) =>
        new(HostAddress.FromV4(FirstAddress + (uint)(index / PortsEach)), (ushort)(FirstPort + index % PortsEach));

    public static int IndexOf(Endpoint client)
    {
        Span<byte> bytes = stackalloc byte[4];
        client.Address.WriteTo(bytes);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) - FirstAddress) * PortsEach + client.Port - FirstPort;
    }

    /// <summary>The client's SYN, as captured on the online host.</summary>
    public static int ComposeSyn(int index, Span<byte> frame) => FrameEncoder.Encode(frame, new FlowKey(ClientOf(index), Online), new OutgoingSegment
    {
        Sequence = new SeqNumber(ClientStart),
        Flags = TcpFlags.Syn,
        Window = 64_000,
        Options = new TcpOptions { Mss = 1_460, SackPermitted = true },
    }, dscp: 0);

    /// <summary>The client's request of that number, from 0, sent when it had read the answers before.</summary>
    public static FrameComposer ComposeRequest(int number) => (index, frame) => FrameEncoder.Encode(
        frame,
        new FlowKey(ClientOf(index), Online),
        new OutgoingSegment
        {
            Sequence = new SeqNumber(ClientStart + 1) + number * RequestBytes,
            Acknowledgement = new SeqNumber(OnlineStart + 1) + number * AnswerBytes,
            Flags = TcpFlags.Ack | TcpFlags.Psh,
            Window = 500,
            Source = Request,
            Length = RequestBytes,
        },
        dscp: 0);

    public static ReplyHeader SynAck => new()
    {
        Sequence = new SeqNumber(TargetStart),
        Acknowledgement = new SeqNumber(ClientStart + 1),
        Flags = TcpFlags.Syn | TcpFlags.Ack,
        Window = 65_000,
        Options = new TcpOptions { Mss = 1_460, SackPermitted = true },
    };

    /// <summary>The target's answer to the request of that number; it acknowledges it, too.</summary>
    public static ReplyHeader Answer(int number) => new()
    {
        Sequence = new SeqNumber(TargetStart + 1) + number * AnswerBytes,
        Acknowledgement = new SeqNumber(ClientStart + 1) + (number + 1) * RequestBytes,
        Flags = TcpFlags.Ack | TcpFlags.Psh,
        PayloadLength = AnswerBytes,
        Window = 65_000,
    };

    /// <summary>The same answer, as the interceptor's tap sees it.</summary>
    public static FrameComposer ComposeAnswer(int number) => (index, frame) =>
    {
        var answer = Answer(number);
        return FrameEncoder.Encode(
            frame,
            new FlowKey(Target, ClientOf(index)),
            new OutgoingSegment
            {
                Sequence = answer.Sequence,
                Acknowledgement = answer.Acknowledgement,
                Flags = answer.Flags,
                Window = answer.Window,
                Source = Body,
                Length = AnswerBytes,
            },
            dscp: 0);
    };

    private static readonly Segment Body = new() { Buffer = new byte[AnswerBytes], PayloadLength = AnswerBytes };
}
