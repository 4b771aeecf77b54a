using Akka.Actor;
using Akka.Configuration;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;
using TcpCopy.Interceptor;
using TcpCopy.Interceptor.Routing;
using TcpCopy.Node.Loop;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>
/// An interceptor's tap with its loop, routes and batches as they are in a node; the replies come from nowhere and their copier is one actor here.
/// </summary>
internal sealed class TapStage : IDisposable
{
    private const string Dispatcher = "tcpcopy.loop-dispatcher";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly int EntryBytes = ReplyEntryBytes();

    private readonly ActorSystem _system;
    private readonly SyntheticCapture _tap = new();
    private readonly TakenBatches _taken = new();
    private readonly int _flows;
    private int _answers;

    public TapStage(int flows)
    {
        _flows = flows;
        _system = ActorSystem.Create("tap", ConfigurationFactory.ParseString(
            $$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            {{Dispatcher}} { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 64 }
            """));
        Loop = ((LoopDispatcher)_system.Dispatchers.Lookup(Dispatcher)).Loop;
        var router = new ReplyRouter(TimeSpan.FromMilliseconds(250), new OrphanCloser(new SwallowingSender()));
        var tap = _system.ActorOf(Props.Create(() => new TapActor(router, () => _tap)).WithDispatcher(Dispatcher), "tap");
        var shard = _system.ActorOf(Props.Create(() => new SwallowingShard(_taken)));
        tap.Tell(new Serve(shard, IsTraced: false));
        var begun = new FlowBatchWriter();
        for (var flow = 0; flow < flows; flow++)
            begun.Begin(new FlowId(flow + 1), new FlowKey(SyntheticClients.ClientOf(flow), SyntheticClients.Target));
        tap.Tell(begun.Take(), shard);
        var report = tap.Ask<InterceptorReport>(GetReport.Instance, Bound).GetAwaiter().GetResult();
        if (report.LiveFlows != flows)
            throw new InvalidOperationException($"{report.LiveFlows} of {flows} flows are routed");
    }

    public EventLoop Loop { get; }

    /// <summary>The target answers once on every flow, all at the same time; waits until all are at their copier.</summary>
    public void Answer()
    {
        var compose = SyntheticClients.ComposeAnswer(_answers++);
        _taken.Await((long)_answers * _flows * EntryBytes, () => _tap.Put(0, _flows, compose));
    }

    public T OnLoop<T>(Func<T> read) => LoopReading.Read(Loop, read);

    public void Dispose()
    {
        _system.Terminate().Wait(Bound);
        _taken.Dispose();
    }

    private static int ReplyEntryBytes()
    {
        var one = new ReplyBatchWriter();
        one.Add(new FlowId(1), SyntheticClients.Answer(0));
        return one.Take().Entries.Length;
    }
}
