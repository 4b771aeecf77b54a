using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using TcpCopy.Node.Remoting;
using Xunit;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>A transport that listens, with the associations that peers made.</summary>
internal sealed record Listening(LoopTransport Transport, Address Address) : IAssociationEventListener
{
    public const int MaximumFrame = 256 * 1024;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly Config Usual = ConfigurationFactory.ParseString(
        $"hostname = 127.0.0.1, port = 0, backlog = 8, pending-inbound = 4, maximum-frame-size = {MaximumFrame}, most-pending-bytes = 8 MiB, " +
        "connection-timeout = 5 s, dispatcher = loop");

    private readonly Channel<End> _inbound = Channel.CreateUnbounded<End>();

    /// <param name="system">With a dispatcher "loop".</param>
    /// <param name="settings">In place of the usual ones.</param>
    public static async Task<Listening> StartAsync(ActorSystem system, string settings = "")
    {
        var transport = new LoopTransport(system, ConfigurationFactory.ParseString(settings).WithFallback(Usual));
        var (address, listener) = await transport.Listen();
        var listening = new Listening(transport, address);
        listener.SetResult(listening);
        return listening;
    }

    public void Notify(IAssociationEvent ev) => _inbound.Writer.TryWrite(new End(((InboundAssociation)ev).Association));

    /// <summary>A plain socket that is connected to it.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port!.Value);
        return socket;
    }

    /// <summary>So many bytes of such a socket's.</summary>
    public static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(read)).AsTask().WaitAsync(Patience);
            Assert.NotEqual(0, more);
            read += more;
        }
        return bytes;
    }

    public Task<End> InboundAsync() => _inbound.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}

/// <summary>One end of an association with what came in there; null at its end.</summary>
internal sealed class End : IHandleEventListener
{
    private readonly Channel<ByteString?> _payloads = Channel.CreateUnbounded<ByteString?>();
    private readonly HashSet<string?> _threads = [];

    public End(AssociationHandle handle)
    {
        Handle = handle;
        handle.ReadHandlerSource.SetResult(this);
    }

    public AssociationHandle Handle { get; }

    /// <summary>Names of the threads that brought what came.</summary>
    public IReadOnlyCollection<string?> Threads => _threads;

    public void Notify(IHandleEvent ev)
    {
        _threads.Add(Thread.CurrentThread.Name);
        _payloads.Writer.TryWrite((ev as InboundPayload)?.Payload);
    }

    public Task<ByteString?> NextAsync() => _payloads.Reader.ReadAsync().AsTask().WaitAsync(Listening.Patience);

    public void Leave() => Handle.Disassociate("the test ends it", NoLogger.Instance);
}
