using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Node.Tests.Loop;

public sealed class LoopMailboxTests() : TestKit(Loops)
{
    private const int Many = 1_000;

    private static readonly Config Loops = ConfigurationFactory.ParseString(KitSettings.Patient +
        """
        akka.loglevel = OFF
        loop { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10 }
        small { mailbox-type = "TcpCopy.Node.Loop.LoopMailbox, TcpCopy.Node" }
        """);

    [Fact]
    public void Messages_of_the_loop_arrive_in_order_however_many_wait()
    {
        var parent = Start();

        parent.Tell(new Burst(Many));
        for (var number = 0; number < Many; number++)
            Assert.Equal(number, ExpectMsg<int>());
        parent.Tell(new Burst(3));
        for (var number = 0; number < 3; number++)
            Assert.Equal(number, ExpectMsg<int>());
    }

    [Fact]
    public async Task Messages_of_other_threads_arrive_each_threads_in_order()
    {
        const int Threads = 4;
        var parent = Start();
        parent.Tell(new AskChild());
        var child = ExpectMsg<IActorRef>();

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var number = 0; number < Many; number++)
                child.Tell(new Numbered(thread, number), ActorRefs.NoSender);
        })));

        var next = new int[Threads];
        for (var count = 0; count < Threads * Many; count++)
        {
            var message = ExpectMsg<Numbered>();
            Assert.Equal(next[message.Thread]++, message.Number);
        }
    }

    [Fact]
    public void What_waits_when_its_actor_ends_becomes_dead_letters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var parent = Start();

        parent.Tell(new StopAndTell("late"));

        Assert.Equal("late", ExpectMsg<DeadLetter>().Message);
    }

    private IActorRef Start() => Sys.ActorOf(Props.Create(() => new Parent(TestActor)).WithDispatcher("loop"));

    private sealed record Burst(int Count);

    private sealed record AskChild;

    private sealed record StopAndTell(string Text);

    private sealed record Numbered(int Thread, int Number);

    private sealed class Parent : ReceiveActor
    {
        public Parent(IActorRef probe)
        {
            var child = Context.ActorOf(Props.Create(() => new Relay(probe)).WithDispatcher("loop").WithMailbox("small"));
            Receive<Burst>(burst =>
            {
                for (var number = 0; number < burst.Count; number++)
                    child.Tell(number);
            });
            Receive<AskChild>(_ => Sender.Tell(child));
            Receive<StopAndTell>(last =>
            {
                Context.Stop(child);
                child.Tell(last.Text);
            });
        }
    }

    private sealed class Relay : UntypedActor
    {
        private readonly IActorRef _probe;

        public Relay(IActorRef probe) => _probe = probe;

        protected override void OnReceive(object message) => _probe.Tell(message);
    }
}
