using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit;
using FsCheck.Xunit;
using Google.Protobuf;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Node.Remoting;
using TcpCopy.Node.Tests.Loop;
using TcpCopy.Testing;
using Xunit;
using static TcpCopy.Node.Tests.Remoting.Payloads;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>Frames of replies, beside Akka's messages on one connection, from and to a plain socket that speaks as the test wants.</summary>
public sealed class ReplyFrameTests() : TestKit(Loop)
{
    private const int MostPendingBytes = 1 << 20;

    private static readonly Address Peer = new("tcp", "test", "10.0.0.9", 36524);

    private static readonly Config Loop = ConfigurationFactory.ParseString(KitSettings.Patient +
        """
        akka.loglevel = OFF
        loop { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10 }
        """);

    [Fact]
    public async Task Replies_behind_the_introduction_reach_their_actor()
    {
        var (_, peer, end) = await IntroducedAsync();

        await peer.SendAsync(FrameOf(TestActor, flow: 7));
        await peer.SendAsync(new byte[] { 1, 0, 0, 0, 9 });

        Assert.Equal(ByteString.CopyFrom(9), await end.NextAsync());
        var reader = new ReplyBatchReader(ExpectMsg<ReplyBatch>().Entries.Span);
        Assert.True(reader.TryRead(out var id, out _));
        Assert.Equal(new FlowId(7), id);
    }

    [Fact]
    public async Task Replies_before_the_introduction_end_their_connection()
    {
        var transport = await Listening.StartAsync(Sys, $"maximum-frame-size = {MostPendingBytes}, most-pending-bytes = {MostPendingBytes}");
        using var stranger = await transport.ConnectAsync();
        var end = await transport.InboundAsync();

        await stranger.SendAsync(FrameOf(TestActor, flow: 7));

        Assert.Null(await end.NextAsync());
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public async Task Replies_behind_a_message_that_is_no_introduction_end_their_connection()
    {
        var transport = await Listening.StartAsync(Sys, $"maximum-frame-size = {MostPendingBytes}, most-pending-bytes = {MostPendingBytes}");
        using var stranger = await transport.ConnectAsync();
        var end = await transport.InboundAsync();

        await stranger.SendAsync(new byte[] { 1, 0, 0, 0, 9 });
        await stranger.SendAsync(FrameOf(TestActor, flow: 7));

        Assert.Equal(ByteString.CopyFrom(9), await end.NextAsync());
        Assert.Null(await end.NextAsync());
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public async Task Malformed_replies_end_their_connection()
    {
        var (_, peer, end) = await IntroducedAsync();

        var frame = FrameOf(TestActor, flow: 7);
        frame[^1] = 0xF0;
        await peer.SendAsync(frame);

        Assert.Null(await end.NextAsync());
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public async Task Replies_are_sent_to_a_peer_that_is_introduced_and_has_been_answered_and_to_no_other()
    {
        var (transport, peer, end) = await IntroducedAsync();
        var batch = BatchOf(7);

        Assert.False(await SendAsync(transport, Peer, batch), "Akka has not answered");
        end.Handle.Write(ByteString.CopyFrom(5));
        Assert.False(await SendAsync(transport, Peer.WithPort(1), batch), "another node");
        Assert.False(transport.Transport.TrySend(Peer, "a/b"u8, batch), "not on the loop");
        Assert.True(await SendAsync(transport, Peer, batch));

        Assert.Equal([1, 0, 0, 0, 5], await Listening.ReadAsync(peer, 5));
        var head = await Listening.ReadAsync(peer, 4);
        Assert.Equal(0x80, head[3]);
        var replies = ReplyFrame.Read(await Listening.ReadAsync(peer, head[0]), out var recipient);
        Assert.Equal("a/b", Encoding.UTF8.GetString(recipient));
        Assert.Equal(24, replies.Entries.Length);
        Assert.Throws<ObjectDisposedException>(() => batch.Entries);
    }

    [Fact]
    public async Task Replies_for_a_peer_that_is_gone_are_for_Akka_again()
    {
        var (transport, peer, end) = await IntroducedAsync();
        end.Handle.Write(ByteString.CopyFrom(5));
        peer.Dispose();
        Assert.Null(await end.NextAsync());

        Assert.False(await SendAsync(transport, Peer, BatchOf(7)));
    }

    [Fact]
    public async Task Of_two_connections_of_a_peer_the_newer_counts_as_long_as_it_lives()
    {
        var (transport, older, olderEnd) = await IntroducedAsync();
        olderEnd.Handle.Write(ByteString.CopyFrom(5));
        var (newer, newerEnd) = await IntroducedAsync(transport);
        newerEnd.Handle.Write(ByteString.CopyFrom(5));

        Assert.True(await SendAsync(transport, Peer, BatchOf(7)));
        Assert.Equal(0x80, (await Listening.ReadAsync(newer, 5 + 4))[^1]);
        newer.Dispose();
        Assert.Null(await newerEnd.NextAsync());
        Assert.True(await SendAsync(transport, Peer, BatchOf(7)));
        Assert.Equal(0x80, (await Listening.ReadAsync(older, 5 + 4))[^1]);
    }

    [Fact]
    public async Task Replies_for_a_peer_that_does_not_read_are_dropped_and_counted()
    {
        var (transport, peer, end) = await IntroducedAsync();
        var large = new byte[60 * 1024 / 24 * 24];

        // In one turn of the loop, so that nothing leaves meanwhile.
        var areTaken = await transport.Transport.Loop.OnLoopAsync(() =>
        {
            end.Handle.Write(ByteString.CopyFrom(new byte[MostPendingBytes]));
            return Enumerable.Range(0, 10).All(_ => transport.Transport.TrySend(Peer, "a/b"u8, new ReplyBatch(large)));
        });

        Assert.True(areTaken);
        Assert.Equal(10, LoopTransport.DroppedBy(Sys));
        await Listening.ReadAsync(peer, 4 + MostPendingBytes);
        Assert.True(await SendAsync(transport, Peer, BatchOf(7)));
        Assert.Equal(0x80, (await Listening.ReadAsync(peer, 4))[3]);
    }

    [Fact]
    public async Task A_connection_has_room_while_little_waits_in_it_and_none_when_it_is_gone()
    {
        var (transport, peer, end) = await IntroducedAsync();
        Assert.True(LoopTransport.HasRoom(Sys, Peer));
        Assert.False(LoopTransport.HasRoom(Sys, Peer.WithPort(1)));

        // In one turn of the loop, so that nothing leaves meanwhile.
        var (half, more) = await transport.Transport.Loop.OnLoopAsync(() =>
        {
            end.Handle.Write(ByteString.CopyFrom(new byte[MostPendingBytes / 2 - 4]));
            var before = LoopTransport.HasRoom(Sys, Peer);
            end.Handle.Write(ByteString.CopyFrom(5));
            return (before, LoopTransport.HasRoom(Sys, Peer));
        });
        Assert.True(half);
        Assert.False(more);
        await Listening.ReadAsync(peer, MostPendingBytes / 2 + 5);
        // In a later turn: the peer may have the bytes before the loop has noted that they left.
        Assert.True(await transport.Transport.Loop.OnLoopAsync(() => LoopTransport.HasRoom(Sys, Peer)));

        peer.Dispose();
        Assert.Null(await end.NextAsync());
        Assert.False(LoopTransport.HasRoom(Sys, Peer));
    }

    [Property(MaxTest = 1000)]
    public void A_message_that_is_no_introduction_names_nobody(byte[] bytes)
    {
        Assert.Null(Introduction.OriginOf(ByteString.CopyFrom(bytes)));
        Assert.Null(Introduction.OriginOf(ByteString.CopyFrom([0x12, (byte)bytes.Length, .. bytes])));
        Assert.Equal(Peer, Introduction.OriginOf(IntroductionBytes.Of(Peer)));
    }

    private async Task<(Listening Transport, Socket Peer, End End)> IntroducedAsync()
    {
        var transport = await Listening.StartAsync(Sys, $"maximum-frame-size = {MostPendingBytes}, most-pending-bytes = {MostPendingBytes}");
        var (peer, end) = await IntroducedAsync(transport);
        return (transport, peer, end);
    }

    private static async Task<(Socket Peer, End End)> IntroducedAsync(Listening transport)
    {
        var peer = await transport.ConnectAsync();
        var end = await transport.InboundAsync();
        var introduction = IntroductionBytes.Of(Peer);
        await peer.SendAsync((byte[])[(byte)introduction.Length, 0, 0, 0, .. introduction]);
        Assert.Equal(introduction, await end.NextAsync());
        return (peer, end);
    }

    private static Task<bool> SendAsync(Listening transport, Address node, ReplyBatch batch) =>
        transport.Transport.Loop.OnLoopAsync(() => transport.Transport.TrySend(node, "a/b"u8, batch));

    private static byte[] FrameOf(IActorRef recipient, long flow)
    {
        var path = Encoding.UTF8.GetBytes(recipient.Path.ToSerializationFormat());
        var batch = BatchOf(flow);
        var size = ReplyFrame.SizeOf(path, batch);
        var frame = new byte[4 + size];
        BinaryPrimitives.WriteInt32LittleEndian(frame, size | int.MinValue);
        ReplyFrame.Write(frame.AsSpan(4), path, batch);
        return frame;
    }
}
