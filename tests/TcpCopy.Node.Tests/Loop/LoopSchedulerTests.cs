using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Node.Tests.Loop;

public sealed class LoopSchedulerTests() : TestKit(Config)
{
    private static readonly Config Config = ConfigurationFactory.ParseString(KitSettings.Patient +
        """
        akka.scheduler.implementation = "TcpCopy.Node.Loop.LoopScheduler, TcpCopy.Node"
        loop-dispatcher { type = "TcpCopy.Node.Loop.LoopDispatcherConfigurator, TcpCopy.Node", throughput = 10, shutdown-timeout = 20 ms }
        """);

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(10);

    private IScheduler Scheduler => Sys.Scheduler;

    private LoopDispatcher Dispatcher => (LoopDispatcher)Sys.Dispatchers.Lookup("loop-dispatcher");

    [Fact]
    public void What_was_scheduled_before_there_was_a_loop_is_run_on_it()
    {
        Scheduler.ScheduleTellOnce(Soon, TestActor, "told", ActorRefs.NoSender);
        Scheduler.Advanced.ScheduleOnce(Soon, () => TestActor.Tell(EventLoop.Current));
        var loop = Dispatcher.Loop;

        Assert.Equal(new HashSet<object> { "told", loop }, [.. ReceiveN(2)]);
    }

    [Fact]
    public void Who_is_due_sooner_is_told_first()
    {
        // In one turn of the loop, so that neither is due meanwhile.
        Dispatcher.Loop.Execute(() =>
        {
            Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(100), TestActor, 2, ActorRefs.NoSender);
            Scheduler.ScheduleTellOnce(Soon, TestActor, 1, ActorRefs.NoSender);
        });

        Assert.Equal([1, 2], ReceiveN(2));
    }

    [Fact]
    public void What_is_repeated_comes_until_it_is_cancelled()
    {
        var repeated = new Cancelable(Scheduler.Advanced);
        var count = 0;
        Dispatcher.Loop.Execute(() => Scheduler.Advanced.ScheduleRepeatedly(Soon, Soon, Count, repeated));

        Assert.Equal([1, 2, 3, "after"], ReceiveN(4));

        void Count()
        {
            TestActor.Tell(++count);
            if (count < 3)
                return;
            repeated.Cancel();
            Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(100), TestActor, "after", ActorRefs.NoSender);
        }
    }

    [Fact]
    public void A_failure_is_logged_and_the_next_one_comes_all_the_same()
    {
        _ = Dispatcher;
        EventFilter.Exception<InvalidOperationException>("planted").ExpectOne(() =>
            Scheduler.Advanced.ScheduleOnce(Soon, () => throw new InvalidOperationException("planted")));
        Scheduler.ScheduleTellOnce(Soon, TestActor, "told", ActorRefs.NoSender);

        ExpectMsg("told");
    }

    [Fact]
    public void At_its_end_what_still_waits_is_run_and_nothing_is_taken_any_more()
    {
        _ = Dispatcher;
        var run = new ConcurrentQueue<string>();
        var cancelled = new Cancelable(Scheduler.Advanced);
        Scheduler.Advanced.ScheduleOnce(Late, () => run.Enqueue("late"));
        Scheduler.Advanced.ScheduleOnce(Late, () => run.Enqueue("cancelled"), cancelled);
        cancelled.Cancel();

        ((IDisposable)Scheduler).Dispose();

        Assert.Equal(["late"], run);
        Assert.Throws<SchedulerException>(() => Scheduler.Advanced.ScheduleOnce(Late, () => { }));
    }

    [Fact]
    public void Its_loop_outlives_the_last_actor()
    {
        var loop = Dispatcher.Loop;
        Watch(Sys.ActorOf(Props.Create(() => new Passing()).WithDispatcher("loop-dispatcher"))).Tell(PoisonPill.Instance);
        ExpectMsg<Terminated>();
        // The dispatcher's end is due before these.
        Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(200), TestActor, "told", ActorRefs.NoSender);
        Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(300), () => TestActor.Tell(EventLoop.Current));

        Assert.Equal(["told", loop], ReceiveN(2));
    }

    [Theory]
    [InlineData(10_000, 10_003, 1_000, 11_000)]
    [InlineData(10_000, 10_400, 1_000, 11_000)]
    [InlineData(10_000, 11_200, 1_000, 12_500)]
    [InlineData(10_000, 10_001, 4_000, 14_000)]
    [InlineData(10_000, 10_001, 200, 10_200)]
    public void What_is_repeated_keeps_its_interval_and_does_not_catch_up(int due, int now, int interval, int next) =>
        Assert.Equal(At(next), LoopScheduler.NextAfter(At(due), At(now), TimeSpan.FromMilliseconds(interval)));

    [Fact]
    public void Cancelled_ones_are_not_kept_until_they_are_due()
    {
        _ = Dispatcher;
        for (var number = 0; number < 1_000; number++)
        {
            var cancelable = new Cancelable(Scheduler.Advanced);
            Scheduler.Advanced.ScheduleOnce(Late, () => { }, cancelable);
            cancelable.Cancel();
        }

        Assert.InRange(((LoopScheduler)Scheduler).Waiting, 0, 200);
    }

    private static Instant At(int milliseconds) => new(milliseconds * TimeSpan.TicksPerMillisecond);

    /// <summary>The last actor of a dispatcher: its end is the loop's.</summary>
    private sealed class Passing : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }
}
