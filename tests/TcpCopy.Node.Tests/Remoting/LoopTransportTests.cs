using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using Akka.TestKit.Xunit;
using Google.Protobuf;
using TcpCopy.Node.Remoting;
using TcpCopy.Node.Tests.Loop;
using TcpCopy.Testing;
using Xunit;
using static TcpCopy.Node.Tests.Remoting.Payloads;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>The transport alone, between two of its own or towards a plain socket that speaks as the test wants.</summary>
public sealed class LoopTransportTests() : TestKit(Loops)
{
    private static readonly Config Loops = ConfigurationFactory.ParseString(KitSettings.Patient +
        """
        akka.loglevel = OFF
        loop { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10 }
        other-loop { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10 }
        """);

    [Fact]
    public async Task Messages_of_every_size_arrive_whole_and_in_order_both_ways()
    {
        var (here, there) = await ConnectAsync();
        var sizes = new[] { 1, 0, 100_000, 7, Listening.MaximumFrame, 3, 70_000 };

        foreach (var size in sizes)
        {
            Assert.True(here.Handle.Write(Message(size)));
            Assert.True(there.Handle.Write(Message(size + 1 > Listening.MaximumFrame ? 1 : size + 1)));
        }

        foreach (var size in sizes)
        {
            Assert.Equal(Message(size), await there.NextAsync());
            Assert.Equal(Message(size + 1 > Listening.MaximumFrame ? 1 : size + 1), await here.NextAsync());
        }
    }

    [Fact]
    public async Task The_other_side_is_told_when_one_side_ends_the_association()
    {
        var (here, there) = await ConnectAsync();
        here.Handle.Write(Message(5));

        here.Leave();

        Assert.Equal(Message(5), await there.NextAsync());
        Assert.Null(await there.NextAsync());
        Assert.False(here.Handle.Write(Message(1)));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_its_messages_up_and_loses_none_that_was_taken()
    {
        var transport = await Listening.StartAsync(Sys);
        using var peer = await transport.ConnectAsync();
        var end = await transport.InboundAsync();
        await peer.SendAsync(new byte[] { 1, 0, 0, 0, 7 });

        var taken = 0;
        while (end.Handle.Write(Message(100_000)))
            taken++;
        Assert.InRange(taken, 80, 1000);

        for (var number = 0; number < taken; number++)
            Assert.Equal(100_000, BinaryPrimitives.ReadInt32LittleEndian(await Listening.ReadAsync(peer, 4 + 100_000)));
        await AwaitAssertAsync(() => Assert.True(end.Handle.Write(Message(1))), Listening.Patience);
    }

    [Fact]
    public async Task Replies_for_a_peer_that_does_not_read_are_dropped_and_counted_and_nothing_else_is()
    {
        var transport = await Listening.StartAsync(Sys);
        using var peer = await transport.ConnectAsync();
        var end = await transport.InboundAsync();
        // As it comes from Akka: the name of the message beside its bytes.
        var replies = ByteString.CopyFrom([.. "replies"u8, .. new byte[100_000]]);

        const int Fitting = (8 << 20) / (4 + 100_007) + 1;

        // In one turn of the loop, so that nothing leaves meanwhile.
        Assert.True(await transport.Transport.Loop.OnLoopAsync(
            () => Enumerable.Range(0, 200).All(_ => end.Handle.Write(replies)) && !end.Handle.Write(Message(1))));
        Assert.Equal(200 - Fitting, LoopTransport.DroppedBy(Sys));

        for (var number = 0; number < Fitting; number++)
            await Listening.ReadAsync(peer, 4 + replies.Length);
        await AwaitAssertAsync(() => Assert.True(end.Handle.Write(Message(1))), Listening.Patience);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000")]
    public async Task What_is_no_message_ends_its_connection_and_nothing_else(string greeting)
    {
        var transport = await Listening.StartAsync(Sys);
        using var stranger = await transport.ConnectAsync();
        var end = await transport.InboundAsync();
        await stranger.SendAsync(Encoding.Latin1.GetBytes(greeting));

        Assert.Null(await end.NextAsync());
        Assert.Equal(0, await stranger.ReceiveAsync(new byte[1]).ContinueWith(read => read.IsFaulted ? 0 : read.Result));

        using var friend = await transport.ConnectAsync();
        var next = await transport.InboundAsync();
        await friend.SendAsync(new byte[] { 2, 0, 0, 0, 8, 9 });
        Assert.Equal(ByteString.CopyFrom(8, 9), await next.NextAsync());
    }

    [Fact]
    public async Task A_message_that_comes_byte_by_byte_is_put_together()
    {
        var transport = await Listening.StartAsync(Sys);
        using var peer = await transport.ConnectAsync();
        var end = await transport.InboundAsync();

        foreach (var single in new byte[] { 3, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0, 4 })
            await peer.SendAsync(new[] { single });

        Assert.Equal(ByteString.CopyFrom(1, 2, 3), await end.NextAsync());
        Assert.Equal(ByteString.CopyFrom(4), await end.NextAsync());
    }

    [Fact]
    public async Task Nobody_there_is_said_so()
    {
        var transport = await Listening.StartAsync(Sys);
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var error = await Assert.ThrowsAsync<InvalidAssociationException>(
            () => transport.Transport.Associate(new Address("tcp", "test", "127.0.0.1", ((IPEndPoint)closed.LocalEndPoint!).Port)));
        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidAssociationException>(() => transport.Transport.Associate(new Address("tcp", "test", "no-address", 1)));
    }

    private async Task<(End Here, End There)> ConnectAsync()
    {
        var (here, there) = (await Listening.StartAsync(Sys), await Listening.StartAsync(Sys, "dispatcher = other-loop"));
        var handle = await here.Transport.Associate(there.Address).WaitAsync(Listening.Patience);
        return (new End(handle), await there.InboundAsync());
    }

    [Fact]
    public async Task Of_peers_that_say_nothing_the_one_that_waited_longest_goes()
    {
        var transport = await Listening.StartAsync(Sys);
        var silent = new List<Socket>();
        for (var number = 0; number < 6; number++)
        {
            silent.Add(await transport.ConnectAsync());
            await transport.InboundAsync();
        }

        Assert.Equal(0, await silent[0].ReceiveAsync(new byte[1]).WaitAsync(Listening.Patience));
        Assert.Equal(0, await silent[1].ReceiveAsync(new byte[1]).WaitAsync(Listening.Patience));
        using var friend = await transport.ConnectAsync();
        var end = await transport.InboundAsync();
        await friend.SendAsync(new byte[] { 1, 0, 0, 0, 7 });
        Assert.Equal(ByteString.CopyFrom(7), await end.NextAsync());
        silent.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task A_first_message_too_long_to_say_who_it_is_ends_its_connection()
    {
        var transport = await Listening.StartAsync(Sys);
        using var stranger = await transport.ConnectAsync();
        var end = await transport.InboundAsync();
        await stranger.SendAsync(new byte[] { 0, 0x20, 0, 0 });
        Assert.Null(await end.NextAsync());
    }
}
