using Akka.Actor;
using Akka.Configuration;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Loop;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Two nodes of one machine with their remoting as it is: one sends batches of replies, the other takes them.</summary>
internal sealed class RemotingStage : IDisposable
{
    private const string Dispatcher = "tcpcopy.loop-dispatcher";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _sender = Start(NodeSystem.InterceptorRole);
    private readonly ActorSystem _receiver = Start(NodeSystem.CopierRole);
    private readonly TakenBatches _taken = new();
    private readonly IActorRef _shard;
    private readonly ReplyBatchWriter _writer = new();
    private readonly int _entries;
    private readonly int _bytes;
    private readonly Action _tell;
    private long _sent;

    /// <param name="entries">Of each batch.</param>
    public RemotingStage(int entries)
    {
        (_entries, _tell) = (entries, Tell);
        var shard = Props.Create(() => new SwallowingShard(_taken)).WithDispatcher(Dispatcher);
        _receiver.ActorOf(shard, "shard");
        var path = new RootActorPath(NodeSystem.AddressOf(_receiver)) / "user" / "shard";
        _shard = _sender.ActorSelection(path).ResolveOne(Bound).GetAwaiter().GetResult();
        var one = Gather();
        _bytes = one.Entries.Length;
        one.Release();
    }

    public EventLoop SendingLoop => LoopOf(_sender);

    public EventLoop ReceivingLoop => LoopOf(_receiver);

    /// <summary>One batch, from loop to loop.</summary>
    public void Send()
    {
        _sent += _bytes;
        _taken.Await(_sent, () => SendingLoop.Execute(_tell));
    }

    public void Dispose()
    {
        Task.WhenAll(_sender.Terminate(), _receiver.Terminate()).Wait(Bound);
        _taken.Dispose();
    }

    private void Tell() => _shard.Tell(Gather(), ActorRefs.NoSender);

    private ReplyBatch Gather()
    {
        for (var entry = 0; entry < _entries; entry++)
            _writer.Add(new FlowId(entry + 1), SyntheticClients.Answer(0));
        return _writer.Take();
    }

    private static EventLoop LoopOf(ActorSystem system) => ((LoopDispatcher)system.Dispatchers.Lookup(Dispatcher)).Loop;

    private static ActorSystem Start(string role) => NodeSystem.Start(
        [role], HostAddress.Parse("127.0.0.1"), port: 0,
        ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }").WithFallback(NodeConfig.Reference));
}
