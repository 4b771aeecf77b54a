using System.Diagnostics;
using System.IO.Pipes;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Node.Tests.Loop;

public sealed class LoopDispatcherTests() : TestKit(LoopConfig)
{
    private static readonly Config LoopConfig = ConfigurationFactory.ParseString(KitSettings.Patient +
        """
        loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10 }
        """);

    /// <summary>Runs what it is told on the loop and answers with the result.</summary>
    private sealed class LoopActor : ReceiveActor
    {
        public LoopActor()
        {
            Receive<Func<IActorRef, object>>(work => Sender.Tell(work(Self)));
            Receive<string>(text => Context.Parent.Forward(text));
            Receive<Exception>(error => throw error);
        }
    }

    private IActorRef StartActor() => StartUnderParent(Props.Create<LoopActor>().WithDispatcher("loop-dispatcher"));

    private IActorRef StartUnderParent(Props props) => Sys.ActorOf(Props.Create(() => new ForwardingParent(props, TestActor)));

    private sealed class ForwardingParent : UntypedActor
    {
        private readonly IActorRef _child;
        private readonly IActorRef _probe;

        public ForwardingParent(Props child, IActorRef probe)
        {
            _child = Context.ActorOf(child);
            _probe = probe;
        }

        protected override void OnReceive(object message)
        {
            if (Sender.Equals(_child) || message is string)
                _probe.Tell(message);
            else
                _child.Forward(message);
        }
    }

    private void Run(IActorRef actor, Func<IActorRef, object> work) => actor.Tell(work, TestActor);

    [Fact]
    public void Actors_of_one_dispatcher_share_one_thread()
    {
        var (first, second) = (StartActor(), StartActor());
        Run(first, _ => Environment.CurrentManagedThreadId);
        var thread = ExpectMsg<int>();
        Run(second, _ => Environment.CurrentManagedThreadId);
        Assert.Equal(thread, ExpectMsg<int>());
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void A_timer_tells_its_actor_and_only_the_last_setting_counts()
    {
        Run(StartActor(), self =>
        {
            var loop = EventLoop.Current;
            var timer = new LoopTimer(loop, self, "due");
            timer.Set(loop.Now + TimeSpan.FromMinutes(10));
            timer.Set(loop.Now + TimeSpan.FromMilliseconds(1));
            return "armed";
        });
        ExpectMsg("armed");
        ExpectMsg("due");
    }

    [Fact]
    public void A_timer_that_is_put_off_tells_its_actor_in_its_turn()
    {
        Run(StartActor(), self =>
        {
            var (loop, now) = (EventLoop.Current, EventLoop.Current.Now);
            var timer = new LoopTimer(loop, self, "due");
            timer.Set(now + TimeSpan.FromMilliseconds(1));
            timer.Set(now + TimeSpan.FromMilliseconds(40));
            new LoopTimer(loop, self, "before").Set(now + TimeSpan.FromMilliseconds(32));
            new LoopTimer(loop, self, "behind").Set(now + TimeSpan.FromMilliseconds(60));
            var dropped = new LoopTimer(loop, self, "dropped");
            dropped.Set(now + TimeSpan.FromMilliseconds(1));
            dropped.Set(Instant.Never);
            return "armed";
        });
        ExpectMsg("armed");
        ExpectMsg("before");
        ExpectMsg("due");
        ExpectMsg("behind");
    }

    [Fact]
    public void A_readable_descriptor_tells_its_actor_until_the_watch_is_disposed()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        Run(StartActor(), self =>
        {
            LoopWatch? watch = null;
            watch = EventLoop.Current.Watch((int)end.SafePipeHandle.DangerousGetHandle(), () =>
            {
                self.Tell("readable");
                watch!.Dispose();
            });
            return "watching";
        });
        ExpectMsg("watching");
        ExpectNoMsg(0);

        pipe.WriteByte(1);

        ExpectMsg("readable");
        ExpectNoMsg(50);
    }

    [Fact]
    public void A_deadline_that_passed_in_a_long_turn_fires_behind_what_came_meanwhile()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        Run(StartActor(), self =>
        {
            var (loop, begun) = (EventLoop.Current, Stopwatch.StartNew());
            LoopWatch? watch = null;
            watch = loop.Watch((int)end.SafePipeHandle.DangerousGetHandle(), () =>
            {
                watch!.Dispose();
                // As a message that one actor passes on to another.
                loop.Execute(() => loop.Execute(() => self.Tell("came")));
            });
            new LoopTimer(loop, self, "due").Set(loop.Now);
            SpinWait.SpinUntil(() => begun.Elapsed > TimeSpan.FromMilliseconds(10));
            pipe.WriteByte(1);
            return "armed";
        });
        ExpectMsg("armed");
        ExpectMsg("came");
        ExpectMsg("due");
    }

    [Fact]
    public void What_becomes_readable_while_a_watch_pauses_is_found_when_it_goes_on()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        pipe.WriteByte(1);
        Run(StartActor(), self =>
        {
            var (loop, times) = (EventLoop.Current, new List<Instant>());
            LoopWatch? watch = null;
            watch = loop.Watch((int)end.SafePipeHandle.DangerousGetHandle(), () =>
            {
                // The byte stays unread, so that the descriptor is readable all the time.
                times.Add(loop.Now);
                watch!.PauseUntil(loop.Now + TimeSpan.FromMilliseconds(200));
                if (times.Count < 2)
                    return;
                watch.Dispose();
                self.Tell($"{(times[1] - times[0]).TotalMilliseconds >= 199}");
            });
            return "watching";
        });
        ExpectMsg("watching");
        ExpectMsg("True");
    }

    [Fact]
    public void A_watch_calls_back_when_it_was_asked_to_though_there_is_nothing_to_read()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        Run(StartActor(), self =>
        {
            var loop = EventLoop.Current;
            var due = loop.Now + TimeSpan.FromMilliseconds(20);
            LoopWatch? watch = null;
            watch = loop.Watch((int)end.SafePipeHandle.DangerousGetHandle(), () =>
            {
                watch!.Dispose();
                self.Tell($"{loop.Now >= due}");
            });
            watch.CallAt(due);
            pipe.WriteByte(1);
            end.ReadByte();
            return "watching";
        });
        ExpectMsg("watching");
        ExpectMsg("True");
    }

    [Fact]
    public void The_end_of_a_turn_comes_after_the_mailboxes_ran()
    {
        var actor = StartActor();
        var order = new List<string>();
        Run(actor, self =>
        {
            IDisposable? registration = null;
            registration = EventLoop.Current.AtEndOfTurn(() =>
            {
                order.Add("end of turn");
                self.Tell("end");
                registration!.Dispose();
            });
            order.Add("mailbox");
            return "registered";
        });
        ExpectMsg("registered");
        ExpectMsg("end");
        Assert.Equal(["mailbox", "end of turn"], order);
    }

    [Fact]
    public void A_paced_flush_comes_at_once_at_first_and_then_not_before_its_interval()
    {
        var pending = 0;
        Run(StartActor(), self =>
        {
            var times = new List<Instant>();
            var loop = EventLoop.Current;
            loop.AtEndOfTurn(() => pending > 0 ? TimeSpan.FromMilliseconds(200) : null, () =>
            {
                pending--;
                times.Add(loop.Now);
                if (times.Count == 2)
                    self.Tell($"{(times[1] - times[0]).TotalMilliseconds >= 199}");
            });
            pending = 2;
            return "registered";
        });
        ExpectMsg("registered");
        ExpectMsg("True");
    }

    [Fact]
    public void The_loop_outlives_a_callback_that_throws()
    {
        var actor = StartActor();
        Run(actor, self =>
        {
            IDisposable? registration = null;
            registration = EventLoop.Current.AtEndOfTurn(() =>
            {
                registration!.Dispose();
                throw new InvalidOperationException("planted");
            });
            return "registered";
        });
        ExpectMsg("registered");
        Run(actor, _ => "alive");
        ExpectMsg("alive");
    }

    [Fact]
    public void Work_from_many_threads_is_all_done()
    {
        var actor = StartActor();
        const int Each = 2_000;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (var count = 0; count < Each; count++)
                Run(actor, _ => Instant.Never);
        });
        for (var count = 0; count < 8 * Each; count++)
            ExpectMsg<Instant>();
    }

    [Fact]
    public void Off_the_loop_there_is_no_current_loop() =>
        Assert.Throws<InvalidOperationException>(() => EventLoop.Current);
}
