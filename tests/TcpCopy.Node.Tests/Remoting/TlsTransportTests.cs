using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Remote.Transport;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Remoting;
using TcpCopy.Node.Tests.Security;
using Xunit;
using static TcpCopy.Node.Tests.Remoting.Payloads;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>The transport with TLS: between two nodes, and towards strangers.</summary>
public sealed class TlsTransportTests
{
    private const string Copier = "copier";
    private const string Interceptor = "interceptor";

    private readonly Cluster _cluster = new();

    [Fact]
    public async Task Messages_of_every_size_arrive_whole_both_ways_and_never_leave_the_loop()
    {
        await using var here = await TlsNode.StartAsync(_cluster.Node(Copier));
        await using var there = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        var near = await here.AssociateAsync(there);
        var far = await there.Listening.InboundAsync();
        var sizes = new[] { 1, 0, 100_000, 7, Listening.MaximumFrame, 3, 70_000, 16_384, 16_380 };

        foreach (var size in sizes)
        {
            Assert.True(near.Handle.Write(Message(size)));
            Assert.True(far.Handle.Write(Message(size / 2)));
        }

        foreach (var size in sizes)
        {
            Assert.Equal(Message(size), await far.NextAsync());
            Assert.Equal(Message(size / 2), await near.NextAsync());
        }
        Assert.Equal(TlsNode.Loop, Assert.Single(near.Threads));
        Assert.Equal(TlsNode.Loop, Assert.Single(far.Threads));
        near.Leave();
        Assert.Null(await far.NextAsync());
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_its_messages_up_and_loses_none_that_was_taken()
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        using var peer = await node.Listening.ConnectAsync();
        await using var tls = await SpeakTlsAsync(peer, _cluster.Certificate(Copier));
        var end = await node.Listening.InboundAsync();
        await tls.WriteAsync(new byte[] { 1, 0, 0, 0, 7 });

        var taken = 0;
        while (end.Handle.Write(Message(100_000)))
            taken++;
        Assert.InRange(taken, 80, 1000);

        var received = new byte[4 + 100_000];
        for (var number = 0; number < taken; number++)
        {
            await tls.ReadExactlyAsync(received).AsTask().WaitAsync(Listening.Patience);
            Assert.Equal(Message(100_000).ToByteArray(), received[4..]);
        }
    }

    [Fact]
    public async Task Who_has_no_certificate_of_the_cluster_is_refused_and_named()
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        var strangers = new (X509Certificate2? Certificate, string Reason)[]
        {
            (new Cluster().Certificate(Copier), "is not of this cluster's authority"),
            (_cluster.Expired(Copier), "expired on"),
            (_cluster.Certificate(), "is no node's: it names neither copier.tcpcopy nor interceptor.tcpcopy"),
            (_cluster.Certificate("operator"), "is no node's"),
            (_cluster.CertificateAt("10.9.9.9", Copier), "is for 10.9.9.9, not for 127.0.0.1"),
            (null, "it shows no certificate"),
        };

        foreach (var (certificate, reason) in strangers)
        {
            using var socket = await node.Listening.ConnectAsync();
            await AssertTurnedAwayAsync(socket, certificate);
            Assert.Matches($"^no connection with 127.0.0.1: .*{reason}", node.Warned());
        }
        await AssertServesAsync(node);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "does not speak TLS")]
    [InlineData("\u0008\u0000\u0000\u0000message!", "does not speak TLS")]
    [InlineData("\u0016\u0003\u0001\u0000\u0005hello", "TLS with it failed")]
    public async Task What_is_no_TLS_is_refused_and_named(string greeting, string reason)
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        using var stranger = await node.Listening.ConnectAsync();
        await stranger.SendAsync(Encoding.Latin1.GetBytes(greeting));

        await AssertClosedAsync(stranger);
        Assert.Contains(reason, node.Warned(), StringComparison.Ordinal);
        await AssertServesAsync(node);
    }

    [Fact]
    public async Task A_handshake_without_end_is_cut_off()
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        using var stranger = await node.Listening.ConnectAsync();
        // A client's hello of 96 KiB, in records of 16 KiB.
        var record = new byte[5 + 16_384];
        new byte[] { 22, 3, 1, 0x40, 0, 1, 1, 0x80, 0 }.CopyTo(record, 0);
        await stranger.SendAsync(record);
        record.AsSpan(5, 4).Clear();
        try
        {
            for (var number = 0; number < 4; number++)
                await stranger.SendAsync(record);
        }
        catch (SocketException)
        {
            // Cut off before the last record had left.
        }

        await AssertClosedAsync(stranger);
        Assert.Contains("more than 64 KiB", node.Warned(), StringComparison.Ordinal);
        await AssertServesAsync(node);
    }

    [Fact]
    public async Task Who_connects_and_is_silent_is_sent_away_in_time()
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor), "connection-timeout = 100 ms");
        using var silent = await node.Listening.ConnectAsync();
        await AssertClosedAsync(silent);
        Assert.Contains("did not show in time who it is", node.Warned(), StringComparison.Ordinal);
    }

    /// <summary>With as much time as every other peer here: it must have shown who it is by then.</summary>
    [Fact]
    public async Task Who_is_known_and_silent_then_is_sent_away_in_time()
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        using var peer = await node.Listening.ConnectAsync();
        await using var tls = await SpeakTlsAsync(peer, _cluster.Certificate(Copier));
        Assert.Null(await (await node.Listening.InboundAsync()).NextAsync());
        Assert.Contains("said nothing in time", node.Warned(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_silent_strangers_there_are_only_so_many()
    {
        await using var node = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        var strangers = new List<Socket>();
        for (var number = 0; number < 5; number++)
            strangers.Add(await node.Listening.ConnectAsync());

        await AssertClosedAsync(strangers[0]);
        await AssertServesAsync(node);
        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public async Task A_node_believes_no_server_but_one_of_its_cluster()
    {
        await using var stranger = await TlsNode.StartAsync(new Cluster().Node(Interceptor));
        await using var elsewhere = await TlsNode.StartAsync(_cluster.Showing(_cluster.CertificateAt("10.9.9.9", Interceptor)));
        await using var plain = await TlsNode.StartAsync(credentials: null);
        await using var here = await TlsNode.StartAsync(_cluster.Node(Copier));

        await AssertNoLinkAsync(here, stranger, "is not of this cluster's authority");
        await AssertNoLinkAsync(here, elsewhere, "is for 10.9.9.9, not for 127.0.0.1");
        await AssertNoLinkAsync(here, plain, "without a word of TLS");
        Assert.Contains("it speaks TLS, and this node does not", plain.Warned(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copier_takes_for_its_interceptor_none_but_an_interceptor()
    {
        await using var copier = await TlsNode.StartAsync(_cluster.Node(Copier));
        await using var interceptor = await TlsNode.StartAsync(_cluster.Node(Copier, Interceptor));
        var places = new[] { copier, interceptor }.Select(PlaceOf).ToArray();
        await using var here = await TlsNode.StartAsync(_cluster.Showing(_cluster.Certificate(Copier), places));

        await AssertNoLinkAsync(here, copier, "is that of a copier, not of an interceptor");
        await here.AssociateAsync(interceptor);
    }

    [Fact]
    public async Task What_a_connected_node_may_claim_to_be_is_what_its_certificate_says()
    {
        var peer = new Address("tcp", "test", "127.0.0.1", 4000);
        await using var node = await TlsNode.StartAsync(_cluster.Node(Copier));
        Assert.Null(LoopTransport.IsCertified(node.System, peer, Interceptor));
        Assert.True(LoopTransport.IsCertified(node.System, node.Listening.Address, Interceptor), "it need not prove anything to itself");

        using var socket = await node.Listening.ConnectAsync();
        await using var tls = await SpeakTlsAsync(socket, _cluster.Certificate(Copier));
        var end = await node.Listening.InboundAsync();
        var introduction = IntroductionBytes.Of(peer);
        await tls.WriteAsync((byte[])[(byte)introduction.Length, 0, 0, 0, .. introduction]);
        Assert.Equal(introduction, await end.NextAsync());

        Assert.True(LoopTransport.IsCertified(node.System, peer.WithProtocol("akka.tcp"), Copier));
        Assert.False(LoopTransport.IsCertified(node.System, peer.WithProtocol("akka.tcp"), Interceptor));
        await using var open = await TlsNode.StartAsync(credentials: null);
        Assert.True(LoopTransport.IsCertified(open.System, peer, Interceptor), "nobody has a certificate there");
    }

    [Fact]
    public async Task A_peer_in_the_clear_does_not_get_in()
    {
        await using var here = await TlsNode.StartAsync(credentials: null);
        await using var there = await TlsNode.StartAsync(_cluster.Node(Interceptor));
        var end = await here.AssociateAsync(there);
        end.Handle.Write(Message(100));
        Assert.Null(await end.NextAsync());
        Assert.Contains("does not speak TLS", there.Warned(), StringComparison.Ordinal);
    }

    private static async Task AssertNoLinkAsync(TlsNode here, TlsNode there, string reason)
    {
        var error = await Assert.ThrowsAsync<InvalidAssociationException>(() => here.AssociateAsync(there));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, here.Warned(), StringComparison.Ordinal);
    }

    /// <summary>A peer of the cluster gets in, and is heard.</summary>
    private async Task AssertServesAsync(TlsNode node)
    {
        await using var friend = await TlsNode.StartAsync(_cluster.Node(Copier));
        var near = await friend.AssociateAsync(node);
        near.Handle.Write(Message(9));
        Assert.Equal(Message(9), await (await node.Listening.InboundAsync()).NextAsync());
    }

    private static async Task AssertTurnedAwayAsync(Socket socket, X509Certificate2? certificate)
    {
        // In TLS 1.3 a client is done before the server has looked at its certificate: the refusal comes as an alert.
        await using var tls = await SpeakTlsAsync(socket, certificate);
        try
        {
            Assert.Equal(0, await tls.ReadAsync(new byte[1]).AsTask().WaitAsync(Listening.Patience));
        }
        catch (IOException)
        {
            // The alert, or a reset behind it.
        }
    }

    private static async Task AssertClosedAsync(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[1024]).WaitAsync(Listening.Patience) > 0)
            {
                // An alert.
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Bytes of ours were under way.
        }
    }

    private static async Task<SslStream> SpeakTlsAsync(Socket socket, X509Certificate2? certificate)
    {
        var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "a node",
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        }).WaitAsync(Listening.Patience);
        return tls;
    }

    private static Endpoint PlaceOf(TlsNode node) => new(HostAddress.Parse("127.0.0.1"), (ushort)node.Listening.Address.Port!.Value);
}
