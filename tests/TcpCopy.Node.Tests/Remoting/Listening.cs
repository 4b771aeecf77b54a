using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using TcpCopy.Node.Remoting;

namespace TcpCopy.Node.Tests.Remoting;

/// <summary>A transport that listens, with the associations that peers made.</summary>
internal sealed record Listening(LoopTransport Transport, Address Address) : IAssociationEventListener
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<End> _inbound = Channel.CreateUnbounded<End>();

    public static async Task<Listening> StartAsync(LoopTransport transport)
    {
        var (address, listener) = await transport.Listen();
        var listening = new Listening(transport, address);
        listener.SetResult(listening);
        return listening;
    }

    public void Notify(IAssociationEvent ev) => _inbound.Writer.TryWrite(new End(((InboundAssociation)ev).Association));

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
